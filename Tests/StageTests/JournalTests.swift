import Audio
import Crossing
import Journal
import Testing
import Timeline

/// A log and its appender, on one thread.
private final class LogRig {
    let log: PacketLog
    private var producer: RecordProducer
    /// Where the next record begins.
    private(set) var end: StreamPosition

    init(_ bounds: JournalBounds = JournalBounds(), capacityBytes: Int = 1 << 16, start: Int64 = 0) throws {
        let ring = try RecordRing(capacityBytes: capacityBytes)
        producer = ring.producer
        end = StreamPosition(frames: start)
        log = PacketLog(records: ring.consumer, bounds: bounds, start: end)
    }

    /// A packet of 20 ms, captured when its position says so; its first bytes are its position.
    func appendPacket(_ frames: Int64 = 320, payloadBytes: Int = 80) -> Bool {
        var payload = [UInt8](repeating: 0, count: payloadBytes)
        for index in 0..<min(8, payloadBytes) {
            payload[index] = UInt8(truncatingIfNeeded: end.frames >> (8 * Int64(index)))
        }
        let entry = StreamEntry(
            kind: .packet, position: end, frames: FrameCount(frames), capturedAt: Self.time(end))
        guard unsafe producer.append(entry, payload: payload.span.bytes) else { return false }
        end += entry.frames
        return true
    }

    func appendGap(_ frames: Int64, _ cause: GapCause = .xrun) -> Bool {
        let entry = StreamEntry(
            kind: .gap, cause: cause, position: end, frames: FrameCount(frames), capturedAt: Self.time(end))
        guard producer.append(entry) else { return false }
        end += entry.frames
        return true
    }

    static func time(_ position: StreamPosition) -> BootTime {
        BootTime(nanoseconds: position.frames * 62_500)
    }

    /// Everything that is there, from the oldest on.
    var entries: [StreamEntry] {
        var entries: [StreamEntry] = []
        var cursor = log.oldest
        while let entry = log.entry(at: cursor) {
            entries.append(entry)
            cursor = log.next(after: cursor)
        }
        return entries
    }
}

@Suite struct JournalTests {
    private func position(_ frames: Int64) -> StreamPosition { StreamPosition(frames: frames) }
    private func gap(_ start: Int64, _ end: Int64) -> Gap {
        Gap(start: position(start), end: position(end), cause: .expired)
    }

    private func appendPackets(_ count: Int, to rig: LogRig) {
        let placed = (0..<count).allSatisfy { _ in rig.appendPacket() }
        #expect(placed)
    }

    @Test func aCursorIsFoundByPosition() throws {
        let rig = try LogRig(start: 1_000)
        appendPackets(3, to: rig)
        _ = rig.appendGap(5_000)
        appendPackets(1, to: rig)
        func found(_ frames: Int64) -> Int64? {
            rig.log.entry(at: rig.log.cursor(of: position(frames)))?.position.frames
        }
        #expect(found(0) == 1_000, "before everything: the oldest")
        #expect(found(1_000) == 1_000 && found(1_319) == 1_000)
        #expect(found(1_320) == 1_320)
        #expect(found(1_960) == 1_960 && found(6_959) == 1_960, "a gap holds its positions")
        #expect(found(6_960) == 6_960)
        #expect(found(7_280) == nil)
        // The place after everything is where the next record will be.
        let next = rig.log.cursor(of: position(7_280))
        appendPackets(1, to: rig)
        #expect(rig.log.entry(at: next)?.position.frames == 7_280)
    }

    @Test func payloadsAreReadAsOftenAsOneLikes() throws {
        let rig = try LogRig()
        appendPackets(4, to: rig)
        let cursor = rig.log.cursor(of: position(640))
        for _ in 0..<2 {
            let (low, high, count) = rig.log.withPayload(at: cursor) { span in
                span.withUnsafeBytes { ($0[0], $0[1], $0.count) }
            }
            #expect(Int(low) + Int(high) << 8 == 640 && count == 80)
        }
    }

    @Test func confirmingTrimsWholeRecordsOnly() throws {
        let rig = try LogRig()
        appendPackets(10, to: rig)
        rig.log.confirm(position(639))
        #expect(rig.entries.first?.position.frames == 320, "it is not confirmed to its end")
        #expect(rig.log.confirmed.frames == 639)
        rig.log.confirm(position(640))
        #expect(rig.entries.first?.position.frames == 640)
        rig.log.confirm(position(100))
        #expect(rig.log.confirmed.frames == 640, "what is confirmed stays so")
        #expect(rig.entries.count == 8)
        rig.log.confirm(position(3_200))
        #expect(rig.entries.isEmpty)
        #expect(rig.log.fill().bytes == 0)
        appendPackets(1, to: rig)
        #expect(rig.entries.map(\.position.frames) == [3_200])
    }

    @Test func nothingIsDroppedWithinTheBounds() throws {
        let rig = try LogRig(JournalBounds(maximumAge: .seconds(10)), capacityBytes: 100_000)
        appendPackets(500, to: rig)
        let gaps = rig.log.enforceBounds(now: LogRig.time(position(160_000)))
        #expect(gaps.isEmpty)
        #expect(rig.entries.count == 500)
        #expect(rig.log.confirmed == .start)
    }

    @Test func whatIsTooOldIsDroppedToTheFrame() throws {
        let rig = try LogRig(JournalBounds(maximumAge: .seconds(1)))
        appendPackets(100, to: rig)
        let gaps = rig.log.enforceBounds(now: LogRig.time(position(16_000 + 3_200)))
        #expect(gaps == [gap(0, 3_200)], "a record is kept at exactly the age")
        #expect(rig.entries.first?.position.frames == 3_200)
        #expect(rig.log.confirmed.frames == 3_200)
        let again = rig.log.enforceBounds(now: LogRig.time(position(16_000 + 3_201)))
        #expect(again == [gap(3_200, 3_520)])
    }

    @Test(arguments: [0, 1, 7, 8, 80, 333])
    func aFullLogIsDroppedToItsShareAndNotARecordFurther(payloadBytes: Int) throws {
        let rig = try LogRig(JournalBounds(fullPercent: 50), capacityBytes: 10_000)
        while rig.appendPacket(payloadBytes: payloadBytes) {}
        let (full, count) = (rig.log.fill(), rig.entries.count)
        let recordBytes = full.bytes / count
        let gaps = rig.log.enforceBounds(now: BootTime(nanoseconds: 0))
        let left = rig.log.fill().bytes
        #expect(left <= 5_000 && left + recordBytes > 5_000)
        #expect(left == rig.entries.count * recordBytes)
        #expect(gaps == [gap(0, Int64(count - rig.entries.count) * 320)])
        let more = rig.log.enforceBounds(now: BootTime(nanoseconds: 0))
        #expect(more.isEmpty)
    }

    @Test func nothingConfirmedIsReportedAsDropped() throws {
        let rig = try LogRig(JournalBounds(maximumAge: .zero))
        appendPackets(10, to: rig)
        rig.log.confirm(position(1_000))
        let gaps = rig.log.enforceBounds(now: LogRig.time(position(2_000)))
        #expect(gaps == [gap(1_000, 2_240)])
        #expect(rig.log.confirmed.frames == 2_240)
    }

    @Test func aConfirmationOfHalfARecordIsNotLostWhenTheRecordIs() throws {
        let rig = try LogRig(JournalBounds(maximumAge: .zero))
        appendPackets(1, to: rig)
        rig.log.confirm(position(319))
        let gaps = rig.log.enforceBounds(now: BootTime(nanoseconds: 1))
        #expect(gaps == [gap(319, 320)])
    }

    @Test func gapRecordsGoUnreportedAndDivideWhatIs() throws {
        let rig = try LogRig(JournalBounds(maximumAge: .zero))
        appendPackets(2, to: rig)
        _ = rig.appendGap(1_000, .muted)
        appendPackets(2, to: rig)
        _ = rig.appendGap(2_000, .unplugged)
        let gaps = rig.log.enforceBounds(now: LogRig.time(position(1_000_000)))
        #expect(gaps == [gap(0, 640), gap(1_640, 2_280)])
        #expect(rig.entries.isEmpty)
        #expect(rig.log.confirmed.frames == 4_280, "everything before it is confirmed or dropped")
    }

    @Test(arguments: 1...20)
    func whateverHappensTheRestAdjoinsAndEveryFrameIsAccountedForOnce(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        let rig = try LogRig(
            JournalBounds(fullPercent: 80, maximumAge: .milliseconds(900)), capacityBytes: 8_000, start: 123)
        var dropped: [Gap] = []
        var confirmations: [StreamPosition] = []
        for _ in 0..<1_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                _ = rig.appendPacket(
                    Int64.random(in: 1...400, using: &random),
                    payloadBytes: .random(in: 0...200, using: &random))
            case 6: _ = rig.appendGap(Int64.random(in: 1...2_000, using: &random))
            case 7:
                // Somewhere in what is pending, as a service does it.
                let pending = rig.end.frames - rig.log.confirmed.frames
                confirmations.append(
                    rig.log.confirmed + FrameCount(Int64.random(in: 0...pending, using: &random) / 4))
                rig.log.confirm(confirmations[confirmations.count - 1])
            default:
                let before = rig.log.confirmed
                let new = rig.log.enforceBounds(now: LogRig.time(rig.end))
                #expect(new.allSatisfy { $0.start >= before && $0.end <= rig.log.confirmed })
                #expect(rig.log.fill().bytes * 100 <= rig.log.fill().capacity * 80)
                dropped += new
            }
            let entries = rig.entries
            let adjoin = zip(entries, entries.dropFirst()).allSatisfy { $0.end == $1.position }
            let (first, last, confirmed) = (entries.first, entries.last, rig.log.confirmed)
            guard adjoin, (last?.end ?? rig.end) == rig.end, (first?.position ?? confirmed) <= confirmed,
                first.map({ $0.end > confirmed }) ?? true
            else {
                Issue.record("\(entries) after \(confirmed), the next at \(rig.end)")
                return
            }
        }
        #expect(
            zip(dropped, dropped.dropFirst()).allSatisfy { $0.end <= $1.start }, "nothing is dropped twice")
        #expect(!dropped.isEmpty && !confirmations.isEmpty)
    }
}
