import Audio
import Crossing
import Journal
import Testing
import Timeline

@Suite struct PacketLogTests {
    private func position(_ frames: Int64) -> StreamPosition { StreamPosition(frames: frames) }
    private func gap(_ start: Int64, _ end: Int64) -> Gap {
        Gap(start: position(start), end: position(end), cause: .expired)
    }

    private func appendPackets(_ count: Int, to rig: LogRig) {
        let placed = (0..<count).allSatisfy { _ in rig.appendPacket() }
        #expect(placed)
    }

    @Test func aRecordIsFoundByAnyOfItsPositions() throws {
        let rig = try LogRig(start: 1_000)
        appendPackets(3, to: rig)
        _ = rig.appendGap(5_000)
        appendPackets(1, to: rig)
        func found(_ frames: Int64) -> Int64? {
            guard case .entry(let entry) = rig.log.lookup(position(frames)) else { return nil }
            return entry.position.frames
        }
        #expect(found(0) == 1_000, "before everything: the oldest")
        #expect(found(1_000) == 1_000 && found(1_319) == 1_000)
        #expect(found(1_320) == 1_320)
        #expect(found(1_960) == 1_960 && found(6_959) == 1_960, "a gap holds its positions")
        #expect(found(6_960) == 6_960)
        #expect(found(7_280) == nil)
        #expect(found(1_320) == 1_320, "backwards, too")
        appendPackets(1, to: rig)
        #expect(found(7_280) == 7_280)
    }

    @Test func anEmptyLogIsWhereTheNextRecordWillBe() throws {
        let rig = try LogRig(start: 1_000)
        #expect(rig.log.oldest == position(1_000) && rig.log.lookup(position(1_000)) == .none)
        appendPackets(2, to: rig)
        rig.log.confirm(position(1_640))
        #expect(rig.log.oldest == position(1_640) && rig.entries.isEmpty)
    }

    @Test func theFirstRecordThereIsDecidesWhereTheLogBegins() throws {
        for (start, confirmed) in [(Int64(0), Int64(5_000)), (5_100, 5_100)] {
            let ring = try RecordRing(capacityBytes: 4_096)
            var producer = ring.producer
            let entry = StreamEntry(
                kind: .gap, cause: .restart, position: position(5_000), frames: FrameCount(200),
                capturedAt: BootTime(nanoseconds: 0))
            let placed = producer.append(entry)
            let log = PacketLog(records: ring.consumer, bounds: JournalBounds(), start: position(start))
            #expect(placed && log.oldest == position(5_000) && log.confirmed == position(confirmed))
        }
    }

    @Test func whatACodecMustHearFirstIsKept() throws {
        let rig = try LogRig(preroll: 1_000)
        appendPackets(10, to: rig)
        rig.log.confirm(position(1_319))
        #expect(rig.log.oldest == position(0))
        rig.log.confirm(position(1_320))
        #expect(rig.log.oldest == position(320) && rig.log.confirmed == position(1_320))
        rig.log.confirm(position(3_200))
        #expect(rig.log.oldest == position(1_920))
    }

    @Test(arguments: 1...10)
    func severalReadersFindWhatTheyLookFor(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        let rig = try LogRig(capacityBytes: 1 << 17)
        var readers = [Int64](repeating: 0, count: 7)
        for _ in 0..<400 {
            appendPackets(1, to: rig)
            for index in readers.indices {
                if Int.random(in: 0..<9, using: &random) == 0 {
                    readers[index] = Int64.random(in: 0...rig.end.frames, using: &random)
                }
                let wanted = max(readers[index], rig.log.oldest.frames)
                guard case .entry(let entry) = rig.log.lookup(position(wanted)) else {
                    #expect(wanted >= rig.end.frames)
                    continue
                }
                #expect(entry.position.frames == wanted / 320 * 320)
                readers[index] = entry.end.frames
            }
            if Int.random(in: 0..<20, using: &random) == 0 {
                rig.log.confirm(rig.log.confirmed + FrameCount((rig.end - rig.log.confirmed).value / 3))
            }
        }
    }

    @Test func payloadsAreReadAsOftenAsOneLikes() throws {
        let rig = try LogRig()
        appendPackets(4, to: rig)
        for wanted in [640, 640, 700] as [Int64] {
            var found: (low: UInt8, high: UInt8, count: Int) = (0, 0, 0)
            rig.log.withPayload(at: position(wanted)) { span in
                found = span.withUnsafeBytes { ($0[0], $0[1], $0.count) }
            }
            #expect(Int(found.low) + Int(found.high) << 8 == 640 && found.count == 80)
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
        let rig = try LogRig(JournalBounds(freshAge: .seconds(10)), capacityBytes: 100_000)
        appendPackets(500, to: rig)
        let gaps = rig.log.enforceBounds(now: LogRig.time(position(160_000)))
        #expect(gaps.isEmpty)
        #expect(rig.entries.count == 500)
        #expect(rig.log.confirmed == .start)
    }

    @Test func whatIsTooOldIsDroppedToTheFrame() throws {
        let rig = try LogRig(JournalBounds(freshAge: .seconds(1)))
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
        let rig = try LogRig(JournalBounds(freshAge: .zero))
        appendPackets(10, to: rig)
        rig.log.confirm(position(1_000))
        let gaps = rig.log.enforceBounds(now: LogRig.time(position(2_000)))
        #expect(gaps == [gap(1_000, 2_240)])
        #expect(rig.log.confirmed.frames == 2_240)
    }

    @Test func aConfirmationOfHalfARecordIsNotLostWhenTheRecordIs() throws {
        let rig = try LogRig(JournalBounds(freshAge: .zero))
        appendPackets(1, to: rig)
        rig.log.confirm(position(319))
        let gaps = rig.log.enforceBounds(now: BootTime(nanoseconds: 1))
        #expect(gaps == [gap(319, 320)])
    }

    @Test func gapRecordsGoUnreportedAndDivideWhatIs() throws {
        let rig = try LogRig(JournalBounds(freshAge: .zero))
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
            JournalBounds(fullPercent: 80, freshAge: .milliseconds(900)), capacityBytes: 8_000, start: 123)
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
