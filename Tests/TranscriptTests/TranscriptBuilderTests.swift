import Audio
import Testing
import Timeline

@testable import Transcript

@Suite("Transcript builder")
struct TranscriptBuilderTests {
    @Test("a final becomes a line with seconds, wall time and words, and confirms its end")
    func writesFinal() throws {
        var builder = toyBuilder()
        _ = builder.entered(packet(0, 3_000))
        let lines = builder.recognised(final(0, 2_000, [("one", 250, 500), ("two", 1_000, 1_500)]))
        let line = try #require(lines.first?.final)
        #expect(lines.count == 1)
        #expect(line.start == 0 && line.end == 2)
        #expect(line.at == "2026-02-28T12:00:00.000Z")
        #expect(line.text == "one two" && line.requestID == "r1")
        #expect(line.words.map(\.start) == [0.25, 1])
        #expect(line.words.allSatisfy { $0.punctuated == nil && $0.speaker == nil })
        #expect(builder.confirmed == position(2_000))
        #expect(builder.ledger.confirmed == FrameCount(2_000))
    }

    @Test("an interim writes nothing and confirms nothing")
    func interim() {
        var builder = toyBuilder()
        var result = final(0, 2_000, [("one", 250, 500)])
        result.isFinal = false
        #expect(builder.recognised(result).isEmpty)
        #expect(builder.confirmed == .start)
        #expect(builder.line(of: result)?.text == "one")
    }

    @Test("an empty final confirms its audio and writes no line", arguments: ["", " "])
    func emptyFinal(text: String) {
        var builder = toyBuilder()
        #expect(builder.recognised(final(0, 2_000, text: text)).isEmpty)
        #expect(builder.confirmed == position(2_000))
    }

    @Test("a result wholly before the confirmed position is dropped")
    func dropsOld() {
        var builder = toyBuilder(confirmed: 5_000)
        #expect(builder.recognised(final(3_000, 5_000, [("old", 3_500, 4_000)])).isEmpty)
        #expect(builder.confirmed == position(5_000))
    }

    @Test("after a replay each word is written once, by its midpoint")
    func cutsOverlap() throws {
        var builder = toyBuilder()
        _ = builder.recognised(final(0, 2_000, [("one", 0, 900), ("two", 900, 2_000)]))
        let replayed = final(
            1_000, 4_000, [("two", 1_000, 2_010), ("three", 1_900, 2_200), ("four", 3_000, 3_500)])
        let line = try #require(builder.recognised(replayed).first?.final)
        #expect(line.text == "three four")
        #expect(line.start == 2 && line.end == 4)
        #expect(line.words.map(\.start) == [2, 3])
        #expect(line.at == "2026-02-28T12:00:02.000Z")
    }

    @Test("a replayed result that has nothing new still confirms its end")
    func confirmsWithoutWords() {
        var builder = toyBuilder()
        _ = builder.recognised(final(0, 2_000, [("one", 0, 900)]))
        #expect(builder.recognised(final(0, 3_000, [("one", 0, 900)])).isEmpty)
        #expect(builder.confirmed == position(3_000))
    }

    @Test(
        "a straddling text without words goes by its own midpoint",
        arguments: [
            (2_900, false), (3_000, true), (4_000, true),
        ] as [(Int64, Bool)])
    func withoutWords(end: Int64, written: Bool) {
        var builder = toyBuilder(confirmed: 2_000)
        #expect(builder.recognised(final(1_000, end, text: "all of it")).isEmpty != written)
    }

    @Test("all words kept: the text stays as the service wrote it")
    func keepsText() throws {
        var builder = toyBuilder(confirmed: 100)
        let line = try #require(
            builder.recognised(final(0, 2_000, [("one", 90, 500)], text: "One.")).first?.final)
        #expect(line.text == "One.")
    }

    @Test("a session is confirmed as far as its slowest channel")
    func slowestChannel() {
        var builder = toyBuilder(channels: 2)
        #expect(builder.recognised(final(0, 3_000, [("a", 0, 100)], channel: 1, of: 2)).count == 1)
        #expect(builder.confirmed == .start)
        #expect(builder.recognised(final(0, 2_000, [("b", 0, 100)], channel: 0, of: 2)).count == 1)
        #expect(builder.confirmed == position(2_000))
    }

    @Test("starts never decrease on a channel, whatever comes", arguments: UInt64(1)...50)
    func monotone(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var builder = toyBuilder(channels: 2)
        var last = [-1.0, -1.0]
        var confirmed = StreamPosition.start
        for _ in 0..<100 {
            let start = Int64.random(in: 0...10_000, using: &random)
            let end = start + Int64.random(in: 0...1_000, using: &random)
            let channel = Int.random(in: 0...1, using: &random)
            for line in builder.recognised(final(start, end, [("w", start, end)], channel: channel, of: 2)) {
                let start = line.final?.start ?? -2
                #expect(start >= last[channel])
                last[channel] = start
            }
            #expect(builder.confirmed >= confirmed)
            confirmed = builder.confirmed
        }
    }

    @Test("a result of a channel the session does not have, or of negative length, is refused")
    func refuses() {
        var builder = toyBuilder()
        #expect(builder.recognised(final(0, 1_000, [("x", 0, 1)], channel: 1, of: 2)).isEmpty)
        #expect(builder.recognised(final(0, 1_000, [("x", 0, 1)], channel: -1)).isEmpty)
        #expect(builder.recognised(final(1_000, 500, [("x", 0, 1)])).isEmpty)
        #expect(builder.refusedResults == 3)
        #expect(builder.confirmed == .start)
    }

    @Test("a gap is written when audio goes on, adjoining ones of a cause as one line")
    func mergesGaps() {
        var builder = toyBuilder()
        #expect(builder.entered(packet(0, 1_000)).isEmpty)
        #expect(builder.entered(gap(1_000, 2_000, .unplugged)).isEmpty)
        #expect(builder.entered(gap(2_000, 3_000, .unplugged)).isEmpty)
        let lines = builder.entered(packet(3_000, 4_000))
        #expect(lines.map { $0.gap?.start } == [1])
        #expect(lines.map { $0.gap?.end } == [3])
        #expect(lines.map { $0.gap?.cause } == ["unplugged"])
        #expect(lines.map { $0.gap?.at } == ["2026-02-28T12:00:01.000Z"])
        #expect(builder.entered(packet(4_000, 5_000)).isEmpty)
    }

    @Test("gaps of different causes stay apart, in order")
    func separatesCauses() {
        var builder = toyBuilder()
        _ = builder.entered(gap(0, 1_000, .muted))
        let lines = builder.entered(gap(1_000, 2_000, .xrun)) + builder.closed(at: boot(milliseconds: 7_000))
        #expect(lines.compactMap { $0.gap?.cause } == ["muted", "xrun"])
    }

    @Test("a long absence is written in pieces of a minute")
    func longAbsence() {
        var builder = toyBuilder()
        var pieces: [GapLine] = []
        for second in Int64(0)..<150 {
            pieces += builder.entered(gap(second * 1_000, (second + 1) * 1_000, .paused)).compactMap(\.gap)
        }
        pieces += builder.entered(packet(150_000, 151_000)).compactMap(\.gap)
        #expect(pieces.map(\.start) == [0, 60, 120])
        #expect(pieces.map(\.end) == [60, 120, 150])
    }

    @Test("audio given up packet by packet while more comes in is one line, before the next final")
    func mergesDrops() throws {
        var builder = toyBuilder()
        _ = builder.entered(packet(0, 1_000))
        for start in stride(from: Int64(0), to: 500, by: 20) {
            #expect(builder.entered(packet(1_000 + start, 1_020 + start)).isEmpty)
            #expect(
                builder.dropped(Gap(start: position(start), end: position(start + 20), cause: .expired))
                    .isEmpty)
        }
        let lines = builder.recognised(final(500, 1_000, [("on", 600, 700)]))
        #expect(lines.map { $0.gap?.end } == [0.5, nil])
        #expect(lines.last?.final?.text == "on")
        #expect(builder.ledger.dropped == [.expired: FrameCount(500)] && builder.ledger.isBalanced)
    }

    @Test("what is given up after the service has answered for it is no gap")
    func dropsOfConfirmed() throws {
        var builder = toyBuilder()
        _ = builder.entered(packet(0, 1_000))
        _ = builder.recognised(final(0, 600, [("on", 100, 200)]))
        _ = builder.dropped(Gap(start: position(0), end: position(500), cause: .expired))
        _ = builder.dropped(Gap(start: position(500), end: position(700), cause: .expired))
        let gaps = builder.closed(at: boot(milliseconds: 9_000)).compactMap(\.gap)
        #expect(gaps.map(\.start) == [0.6] && gaps.map(\.end) == [0.7])
        #expect(builder.ledger.dropped == [.expired: FrameCount(100)] && builder.ledger.isBalanced)
    }

    @Test("a step of the wall clock is a line, after the gap that was noticed before it")
    func clockLine() throws {
        var builder = toyBuilder()
        _ = builder.entered(gap(0, 1_000, .muted))
        let wall = WallTime(nanoseconds: noon.nanoseconds + 3_602_000 * 1_000_000)
        let lines = builder.sampled(ClockSample(boot: boot(milliseconds: 7_000), wall: wall))
        #expect(lines.count == 2)
        #expect(lines.first?.gap?.at == "2026-02-28T12:00:00.000Z")
        #expect(
            lines.last
                == .clock(
                    ClockLine(
                        session: "s1", start: 2, at: "2026-02-28T13:00:02.000Z",
                        was: "2026-02-28T12:00:02.000Z",
                        offsetChangeMilliseconds: 3_600_000)))
        let line = try #require(builder.recognised(final(3_000, 4_000, [("x", 3_000, 3_100)])).first?.final)
        #expect(line.at == "2026-02-28T13:00:03.000Z")
    }

    @Test("the end accounts for every frame")
    func ledgerLine() throws {
        var builder = toyBuilder()
        _ = builder.entered(packet(0, 1_000))
        _ = builder.entered(gap(1_000, 1_500, .xrun))
        _ = builder.entered(packet(1_500, 4_000))
        builder.sent(FrameCount(1_000), from: .start)
        builder.sent(FrameCount(500), from: position(1_500))
        _ = builder.recognised(final(0, 1_800))
        _ = builder.dropped(Gap(start: position(3_000), end: position(4_000), cause: .expired))
        let lines = builder.closed(at: boot(milliseconds: 9_000))
        guard case .ledger(let ledger) = try #require(lines.last) else {
            Issue.record("the last line is no ledger")
            return
        }
        #expect(lines.compactMap { $0.gap?.cause } == ["expired"])
        #expect(ledger.elapsed == 4_000 && ledger.captured == 3_500 && ledger.sent == 1_500)
        #expect(ledger.confirmed == 1_300 && ledger.pending == 1_200)
        #expect(ledger.dropped == ["expired": 1_000] && ledger.absent == ["xrun": 500])
        #expect(ledger.at == "2026-02-28T12:00:04.000Z" && ledger.rate == 1_000)
    }
}
