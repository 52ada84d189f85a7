import Audio
import FoundationEssentials
import Testing
import Timeline

@testable import Transcript

@Suite("Transcript lines")
struct TranscriptLineTests {
    /// One example of each line, by its type; `docs/TRANSCRIPT.md` shows how it is written.
    static let examples: [String: TranscriptLine] = [
        "session": .session(
            SessionLine(
                session: name, started: noon, rate: SampleRate(hertz: 16_000), channels: 1, encoding: .opus,
                model: "nova-3", host: "porch", program: "earpost 0.1.0")),
        "final": .final(
            FinalLine(
                session: name, start: 1.2, end: 2.5, at: "2026-02-28T12:00:01.200Z", channel: 0,
                text: "Good morning.", confidence: 0.98,
                words: [
                    .init(
                        word: "good", punctuated: "Good", start: 1.28, end: 1.5, confidence: 0.99,
                        speaker: 0),
                    .init(
                        word: "morning", punctuated: "morning.", start: 1.5, end: 2.0625, confidence: 0.97,
                        speaker: 0),
                ], requestID: "0a1b")),
        "gap": .gap(
            GapLine(session: name, start: 10, end: 12.5, at: "2026-02-28T12:00:10.000Z", cause: "unplugged")),
        "clock": .clock(
            ClockLine(
                session: name, start: 30, at: "2026-02-28T13:00:30.000Z", was: "2026-02-28T12:00:30.000Z",
                offsetChangeMilliseconds: 3_600_000)),
        "ledger": .ledger(ledger),
    ]

    static let name = "20260228T120000Z-7f3a"

    /// The lines of JSON in `docs/TRANSCRIPT.md`, by their type.
    static let documented: [String: String] = {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        guard let page = FileManager.default.contents(atPath: "/\(root)/docs/TRANSCRIPT.md") else {
            return [:]
        }
        let lines = String(decoding: page, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("{") }
        return lines.reduce(into: [:]) { found, line in
            for name in examples.keys where line.contains("\"type\":\"\(name)\"") {
                found[name] = String(line)
            }
        }
    }()

    /// A minute at 16 kHz: 2.5 s unplugged, 20 ms overflowed, the last 2.48 s not yet confirmed.
    static var ledger: LedgerLine {
        var ledger = Ledger()
        ledger.capture(from: .start, to: position(160_000))
        ledger.lose(Gap(start: position(160_000), end: position(200_000), cause: .unplugged))
        ledger.lose(Gap(start: position(200_000), end: position(200_320), cause: .overflow))
        ledger.capture(from: position(200_320), to: position(960_000))
        ledger.send(from: .start, to: position(160_000))
        ledger.send(from: position(200_320), to: position(960_000))
        ledger.confirm(to: position(920_320))
        let wall = WallTime(nanoseconds: noon.nanoseconds + 3_660 * 1_000_000_000)
        return LedgerLine(ledger, rate: SampleRate(hertz: 16_000), session: name, at: wall)
    }

    @Test(
        "each line is written as documented and reads back the same",
        arguments: [
            "session", "final", "gap", "clock", "ledger",
        ])
    func readsAndWrites(type: String) throws {
        let line = try #require(Self.examples[type])
        let text = try #require(Self.documented[type])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(String(decoding: try encoder.encode(line), as: UTF8.self) == text)
        #expect(try JSONDecoder().decode(TranscriptLine.self, from: Data(text.utf8)) == line)
    }

    @Test("unknown fields are passed over, unknown types are an error")
    func forwardCompatible() throws {
        let known = #"{"type":"gap","session":"s","start":1,"end":2,"at":"x","cause":"meteor","weight":7}"#
        let line = try JSONDecoder().decode(TranscriptLine.self, from: Data(known.utf8))
        #expect(line.gap?.cause == "meteor")
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(TranscriptLine.self, from: Data(#"{"type":"song"}"#.utf8))
        }
    }

    @Test(
        "seconds lead back to the exact frame at any rate",
        arguments: [8_000, 16_000, 22_050, 44_100, 48_000])
    func exactSeconds(hertz: Int) {
        // A year in.
        let first = Int64(hertz) * 31_536_000
        let inexact = (first..<(first + 5_000)).filter { frame in
            let seconds = position(frame).seconds(at: SampleRate(hertz: hertz))
            return Int64((seconds * Double(hertz)).rounded()) != frame
        }
        #expect(inexact.isEmpty)
    }
}
