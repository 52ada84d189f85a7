import Audio
import FoundationEssentials
import Testing
import Timeline

@testable import Transcript

@Suite("Transcript lines")
struct TranscriptLineTests {
    /// One example of each line with the text it is written as; `docs/TRANSCRIPT.md` shows the same.
    static let golden: [(TranscriptLine, String)] = [
        (
            .session(
                SessionLine(
                    session: "20260228T120000Z-7f3a", started: noon, rate: SampleRate(hertz: 16_000),
                    channels: 1,
                    encoding: .opus, model: "nova-3", host: "porch", program: "earpost 0.1.0")),
            #"{"channels":1,"encoding":"opus","host":"porch","model":"nova-3","predecessor":null,"#
                + #""program":"earpost 0.1.0","rate":16000,"session":"20260228T120000Z-7f3a","#
                + #""started":"2026-02-28T12:00:00.000Z","type":"session","v":1}"#
        ),
        (
            .final(
                FinalLine(
                    session: "20260228T120000Z-7f3a", start: 1.2, end: 2.5, at: "2026-02-28T12:00:01.200Z",
                    channel: 0, text: "Good morning.", confidence: 0.98,
                    words: [
                        .init(
                            word: "good", punctuated: "Good", start: 1.28, end: 1.5, confidence: 0.99,
                            speaker: 0),
                        .init(
                            word: "morning", punctuated: "morning.", start: 1.5, end: 2.0625,
                            confidence: 0.97,
                            speaker: 0),
                    ], requestID: "0a1b")),
            #"{"at":"2026-02-28T12:00:01.200Z","channel":0,"confidence":0.98,"end":2.5,"request_id":"0a1b","#
                + #""session":"20260228T120000Z-7f3a","start":1.2,"text":"Good morning.","type":"final","#
                + #""words":[{"confidence":0.99,"end":1.5,"punctuated":"Good","speaker":0,"start":1.28,"word":"good"},"#
                + #"{"confidence":0.97,"end":2.0625,"punctuated":"morning.","speaker":0,"start":1.5,"word":"morning"}]}"#
        ),
        (
            .gap(
                GapLine(
                    session: "20260228T120000Z-7f3a", start: 10, end: 12.5, at: "2026-02-28T12:00:10.000Z",
                    cause: "unplugged")),
            #"{"at":"2026-02-28T12:00:10.000Z","cause":"unplugged","end":12.5,"#
                + #""session":"20260228T120000Z-7f3a","start":10,"type":"gap"}"#
        ),
        (
            .clock(
                ClockLine(
                    session: "20260228T120000Z-7f3a", start: 30, at: "2026-02-28T13:00:30.000Z",
                    was: "2026-02-28T12:00:30.000Z", offsetChangeMilliseconds: 3_600_000)),
            #"{"at":"2026-02-28T13:00:30.000Z","offset_change_ms":3600000,"#
                + #""session":"20260228T120000Z-7f3a","start":30,"type":"clock","was":"2026-02-28T12:00:30.000Z"}"#
        ),
        (
            .ledger(goldenLedger),
            #"{"absent":{"unplugged":40000},"at":"2026-02-28T13:01:00.000Z","captured":920000,"confirmed":880000,"#
                + #""dropped":{"overflow":320},"elapsed":960000,"pending":39680,"rate":16000,"sent":919680,"#
                + #""session":"20260228T120000Z-7f3a","type":"ledger"}"#
        ),
    ]

    /// A minute at 16 kHz: 2.5 s unplugged, 20 ms overflowed, the last 2.48 s not yet confirmed.
    static var goldenLedger: LedgerLine {
        var ledger = Ledger()
        ledger.capture(from: .start, to: position(160_000))
        ledger.lose(Gap(start: position(160_000), end: position(200_000), cause: .unplugged))
        ledger.lose(Gap(start: position(200_000), end: position(200_320), cause: .overflow))
        ledger.capture(from: position(200_320), to: position(960_000))
        ledger.send(from: .start, to: position(160_000))
        ledger.send(from: position(200_320), to: position(960_000))
        ledger.confirm(to: position(920_320))
        let wall = WallTime(nanoseconds: noon.nanoseconds + 3_660 * 1_000_000_000)
        return LedgerLine(ledger, rate: SampleRate(hertz: 16_000), session: "20260228T120000Z-7f3a", at: wall)
    }

    @Test("each line is written as documented and reads back the same", arguments: TranscriptLineTests.golden.indices)
    func readsAndWrites(index: Int) throws {
        let (line, text) = Self.golden[index]
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
        for frame in first..<(first + 5_000) {
            let seconds = position(frame).seconds(at: SampleRate(hertz: hertz))
            #expect(Int64((seconds * Double(hertz)).rounded()) == frame)
        }
    }
}
