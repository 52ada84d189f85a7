import Audio
import Testing
import Timeline

@testable import Transcript

/// A program ends, however it ends, and the next one goes on with its account.
@Suite("Ledger, resumed")
struct LedgerResumingTests {
    @Test("what is still kept is counted once, and what follows goes on")
    func goesOn() {
        var ledger = Ledger()
        ledger.capture(from: position(0), to: position(100))
        ledger.lose(Gap(start: position(100), end: position(150), cause: .muted))
        ledger.capture(from: position(150), to: position(200))
        ledger.send(from: position(0), to: position(90))
        ledger.confirm(to: position(70))
        let kept = [packet(60, 80), packet(80, 100), gap(100, 150, .muted), packet(150, 200)]
        var resumed = Ledger(resuming: ledger.balance, kept: kept)
        #expect(resumed.balance == ledger.balance && resumed.pending == ledger.pending)
        resumed.lose(Gap(start: position(200), end: position(230), cause: .restart))
        resumed.capture(from: position(230), to: position(300))
        resumed.send(from: position(70), to: position(300))
        resumed.confirm(to: position(300))
        #expect(resumed.captured == FrameCount(220) && resumed.confirmed == FrameCount(220))
        #expect(resumed.sent == FrameCount(300))
        #expect(resumed.absent == [.muted: FrameCount(50), .restart: FrameCount(30)])
        #expect(resumed.isBalanced && resumed.dropped.isEmpty)
    }

    @Test("records that were appended after the account was taken are news")
    func news() {
        var ledger = Ledger()
        ledger.capture(from: position(0), to: position(100))
        ledger.confirm(to: position(100))
        let resumed = Ledger(resuming: ledger.balance, kept: [packet(100, 120), packet(120, 140)])
        #expect(resumed.captured == FrameCount(140) && resumed.pending == FrameCount(40))
    }

    @Test("records that are gone although nobody had confirmed them are damaged", arguments: [0, 1, 2])
    func damaged(survivors: Int) {
        var ledger = Ledger()
        ledger.capture(from: position(0), to: position(100))
        ledger.confirm(to: position(40))
        let kept = [packet(40, 60), packet(60, 80)].prefix(survivors)
        let resumed = Ledger(resuming: ledger.balance, kept: Array(kept))
        #expect(resumed.dropped == [.damaged: FrameCount(60 - 20 * Int64(survivors))])
        #expect(resumed.pending == FrameCount(20 * Int64(survivors)))
        #expect(resumed.captured == FrameCount(100) && resumed.isBalanced && resumed.head == position(100))
    }

    @Test("wherever it ends, the account is as if it had not", arguments: UInt64(1)...200)
    func anywhere(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var whole = Ledger()
        var resumed = Ledger()
        var kept: [StreamEntry] = []
        for _ in 0..<120 {
            let length = Int64.random(in: 1...20, using: &random)
            let head = whole.head
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                kept.append(packet(head.frames, head.frames + length))
                for index in 0..<2 {
                    change(&whole, &resumed, index) { $0.capture(from: head, to: head + FrameCount(length)) }
                }
            case 2:
                let cause = GapCause.allCases.randomElement(using: &random) ?? .xrun
                kept.append(gap(head.frames, head.frames + length, cause))
                let lost = Gap(start: head, end: head + FrameCount(length), cause: cause)
                for index in 0..<2 { change(&whole, &resumed, index) { $0.lose(lost) } }
            case 3:
                let end = min(whole.head, whole.confirmedPosition + FrameCount(length))
                for index in 0..<2 { change(&whole, &resumed, index) { $0.confirm(to: end) } }
                // Whole records before the confirmed position need not be kept.
                if Bool.random(using: &random) { kept.removeAll { $0.end <= end } }
            case 4:
                guard let oldest = kept.first(where: { $0.end > whole.confirmedPosition }) else { continue }
                kept.removeAll { $0.end <= oldest.end }
                guard oldest.kind == .packet else { continue }
                let start = max(oldest.position, whole.confirmedPosition)
                let gap = Gap(start: start, end: oldest.end, cause: .expired)
                for index in 0..<2 { change(&whole, &resumed, index) { $0.lose(gap) } }
            default:
                resumed = Ledger(resuming: resumed.balance, kept: kept)
            }
            // Beyond what is settled the confirmed position may lie at either end of a hole.
            var balance = resumed.balance
            balance.confirmedPosition = whole.balance.confirmedPosition
            #expect(balance == whole.balance && resumed.pending == whole.pending && resumed.isBalanced)
        }
    }

    private func change(
        _ one: inout Ledger, _ other: inout Ledger, _ index: Int, _ body: (inout Ledger) -> Void
    ) {
        if index == 0 { body(&one) } else { body(&other) }
    }
}
