import Audio
import Timeline

@testable import Transcript

/// 1 000 frames a second: a position is a number of milliseconds.
let toyRate = SampleRate(hertz: 1_000)

/// 2026-02-28T12:00:00.000Z.
let noon = WallTime(nanoseconds: 1_772_280_000_000_000_000)

func boot(milliseconds: Int64) -> BootTime { BootTime(nanoseconds: milliseconds * 1_000_000) }

func position(_ frames: Int64) -> StreamPosition { StreamPosition(frames: frames) }

/// Boot time 5 000 ms is noon is position 0.
func toyClock() -> SessionClock {
    SessionClock(
        rate: toyRate, capturedAt: boot(milliseconds: 5_000),
        sample: ClockSample(boot: boot(milliseconds: 5_000), wall: noon))
}

func toySession(channels: Int = 1) -> SessionLine {
    SessionLine(
        session: "s1", started: noon, rate: toyRate, channels: channels, encoding: .linear16, model: "nova-3",
        program: "earpost 0.1.0")
}

func toyBuilder(channels: Int = 1, confirmed: Int64 = 0) -> TranscriptBuilder {
    TranscriptBuilder(
        session: toySession(channels: channels), rate: toyRate, clock: toyClock(),
        ledger: Ledger(from: position(confirmed)),
        cuts: Array(repeating: position(confirmed), count: channels))
}

func packet(_ start: Int64, _ end: Int64) -> StreamEntry {
    StreamEntry(
        kind: .packet, position: position(start), frames: FrameCount(end - start),
        capturedAt: boot(milliseconds: 5_000 + start))
}

func gap(_ start: Int64, _ end: Int64, _ cause: GapCause) -> StreamEntry {
    StreamEntry(
        kind: .gap, cause: cause, position: position(start), frames: FrameCount(end - start),
        capturedAt: boot(milliseconds: 5_000 + start))
}

/// A final of the words "one", "two" …, each as (text, start, end).
func final(
    _ start: Int64, _ end: Int64, _ words: [(String, Int64, Int64)] = [], text: String? = nil,
    channel: Int = 0,
    of channels: Int = 1
) -> RecognisedResult {
    RecognisedResult(
        channel: channel, channelCount: channels, start: position(start), end: position(end), isFinal: true,
        speechFinal: false, text: text ?? words.map(\.0).joined(separator: " "), confidence: 0.5,
        words: words.map {
            RecognisedWord(
                word: $0.0, punctuated: $0.0, start: position($0.1), end: position($0.2), confidence: 0.5)
        }, requestID: "r1")
}

extension TranscriptLine {
    var final: FinalLine? {
        if case .final(let line) = self { line } else { nil }
    }
    var gap: GapLine? {
        if case .gap(let line) = self { line } else { nil }
    }
}
