import Audio
import Testing
import Timeline

@testable import Transcript

@Suite("Ledger")
struct LedgerTests {
    @Test("captured frames are pending until they are confirmed")
    func confirms() {
        var ledger = Ledger()
        ledger.capture(from: position(0), to: position(100))
        #expect(ledger.pending == FrameCount(100))
        ledger.confirm(to: position(60))
        #expect(ledger.confirmed == FrameCount(60))
        #expect(ledger.pending == FrameCount(40))
        #expect(ledger.isBalanced)
    }

    @Test("a stretch that was never captured is absent and confirms nothing")
    func absent() {
        var ledger = Ledger()
        ledger.capture(from: position(0), to: position(100))
        ledger.lose(Gap(start: position(100), end: position(150), cause: .unplugged))
        ledger.capture(from: position(150), to: position(200))
        #expect(ledger.captured == FrameCount(150))
        #expect(ledger.absent == [.unplugged: FrameCount(50)])
        ledger.confirm(to: position(120))
        #expect(ledger.confirmed == FrameCount(100))
        ledger.confirm(to: position(200))
        #expect(ledger.confirmed == FrameCount(150))
        #expect(ledger.pending == .zero)
        #expect(ledger.dropped.isEmpty && ledger.isBalanced)
    }

    @Test("audio lost to a full ring was captured, and is dropped")
    func overflow() {
        var ledger = Ledger()
        ledger.capture(from: position(0), to: position(10))
        ledger.lose(Gap(start: position(10), end: position(15), cause: .overflow))
        #expect(ledger.captured == FrameCount(15))
        #expect(ledger.dropped == [.overflow: FrameCount(5)])
        #expect(ledger.pending == FrameCount(10) && ledger.isBalanced)
    }

    @Test("expired audio moves from pending to dropped, once, and never what is confirmed")
    func expired() {
        var ledger = Ledger()
        ledger.capture(from: position(0), to: position(100))
        ledger.confirm(to: position(20))
        ledger.lose(Gap(start: position(10), end: position(50), cause: .expired))
        ledger.lose(Gap(start: position(30), end: position(60), cause: .expired))
        #expect(ledger.dropped == [.expired: FrameCount(40)])
        #expect(ledger.pending == FrameCount(40))
        ledger.confirm(to: position(100))
        #expect(ledger.confirmed == FrameCount(60) && ledger.isBalanced)
    }

    @Test("replayed packets count as sent once")
    func sentOnce() {
        var ledger = Ledger()
        ledger.send(from: position(0), to: position(40))
        ledger.send(from: position(20), to: position(60))
        ledger.send(from: position(80), to: position(100))
        #expect(ledger.sent == FrameCount(80))
    }

    @Test("a confirmation that overtakes the records is settled when they come")
    func overtaken() {
        var ledger = Ledger()
        ledger.confirm(to: position(50))
        #expect(ledger.confirmed == .zero && ledger.pending == .zero)
        ledger.capture(from: position(0), to: position(40))
        ledger.capture(from: position(40), to: position(80))
        #expect(ledger.confirmed == FrameCount(50))
        #expect(ledger.pending == FrameCount(30) && ledger.isBalanced)
    }

    @Test("whatever happens, it agrees with a count frame by frame", arguments: UInt64(1)...100)
    func agreesWithCounting(seed: UInt64) {
        enum Frame: Hashable { case pending, confirmed, dropped(GapCause), absent(GapCause) }
        var random = SeededGenerator(seed: seed)
        var ledger = Ledger()
        var frames: [Frame] = []
        var confirmed = 0
        for _ in 0..<60 {
            let length = Int.random(in: 1...20, using: &random)
            let head = position(Int64(frames.count))
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                ledger.capture(from: head, to: head + FrameCount(length))
                frames += Array(repeating: .pending, count: length)
            case 2:
                let cause = GapCause.allCases.randomElement(using: &random) ?? .xrun
                ledger.lose(Gap(start: head, end: head + FrameCount(length), cause: cause))
                let captured = [.overflow, .expired, .quota, .purged, .damaged].contains(cause)
                frames += Array(repeating: captured ? .dropped(cause) : .absent(cause), count: length)
            case 3:
                confirmed = min(frames.count, confirmed + length)
                ledger.confirm(to: position(Int64(confirmed)))
                for index in 0..<confirmed where frames[index] == .pending { frames[index] = .confirmed }
            default:
                guard !frames.isEmpty else { continue }
                let start = Int.random(in: 0..<frames.count, using: &random)
                let end = min(frames.count, start + length)
                ledger.lose(Gap(start: position(Int64(start)), end: position(Int64(end)), cause: .expired))
                for index in start..<end where frames[index] == .pending {
                    frames[index] = .dropped(.expired)
                }
            }
            let counts = frames.reduce(into: [Frame: Int]()) { $0[$1, default: 0] += 1 }
            func count(_ frame: Frame) -> FrameCount { FrameCount(counts[frame] ?? 0) }
            let causes = GapCause.allCases.allSatisfy { cause in
                ledger.dropped[cause] ?? .zero == count(.dropped(cause))
                    && ledger.absent[cause] ?? .zero == count(.absent(cause))
            }
            #expect(causes && ledger.isBalanced)
            #expect(ledger.pending == count(.pending) && ledger.confirmed == count(.confirmed))
        }
    }
}

/// The SplitMix64 generator: the same sequence for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
