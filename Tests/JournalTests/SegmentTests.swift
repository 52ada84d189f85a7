import Audio
import Crossing
import Testing
import Timeline

@testable import Journal

@Suite struct SegmentTests {
    private static let first = StreamPosition(frames: 0x1_0000_0020)
    private static let header = SegmentHeader(
        rate: SampleRate(hertz: 16_000), first: first, identity: Array("{\"session\":\"a\"}".utf8))

    /// A header, three packets, a gap, a checkpoint and a packet; and where each frame begins.
    private static func segment() -> (bytes: [UInt8], starts: [Int], records: [StreamEntry]) {
        var writer = SegmentWriter(first: first, offset: 0)
        var (starts, records) = ([Int](), [StreamEntry]())
        starts.append(writer.bytes.count)
        writer.append(header)
        for index in 0..<5 {
            starts.append(writer.bytes.count)
            let entry = entry(index)
            writer.append(entry, payload: payload(of: entry)[...])
            records.append(entry)
        }
        starts.append(writer.bytes.count)
        writer.append(checkpoint: [7, 7, 7])
        starts.append(writer.bytes.count)
        writer.append(entry(5), payload: payload(of: entry(5))[...])
        records.append(entry(5))
        starts.append(writer.bytes.count)
        return (writer.bytes, starts, records)
    }

    private static func entry(_ index: Int) -> StreamEntry {
        StreamEntry(
            kind: index == 3 ? .gap : .packet, cause: index == 3 ? .muted : .expired,
            position: first + FrameCount(320 * index), frames: FrameCount(320),
            capturedAt: BootTime(nanoseconds: 20_000_000 * Int64(index)))
    }

    private static func payload(of entry: StreamEntry) -> [UInt8] {
        guard entry.kind == .packet else { return [] }
        return (0..<17).map { UInt8(truncatingIfNeeded: entry.position.frames / 320 * 31 + $0) }
    }

    /// Whatever is found was written, payload included, and in order.
    private func check(_ contents: SegmentContents, _ bytes: [UInt8], against records: [StreamEntry]) -> Bool
    {
        let known = contents.records.allSatisfy { record in
            records.contains(record.entry) && Array(bytes[record.payload]) == Self.payload(of: record.entry)
        }
        let pairs = zip(contents.records, contents.records.dropFirst())
        return known && pairs.allSatisfy { $0.entry.end <= $1.entry.position }
    }

    @Test func whatWasWrittenIsRead() {
        let (bytes, _, records) = Self.segment()
        let contents = SegmentContents(bytes, first: Self.first)
        #expect(contents.header == .intact(Self.header))
        #expect(contents.records.map(\.entry) == records && check(contents, bytes, against: records))
        #expect(contents.checkpoint == [7, 7, 7])
        #expect(contents.damage.isEmpty && contents.end == bytes.count)
    }

    @Test func theBytesOfVersionOneStayWhatTheyAre() {
        var writer = SegmentWriter(first: StreamPosition(frames: 16), offset: 1_000)
        let entry = StreamEntry(
            kind: .gap, cause: .purged, position: StreamPosition(frames: 0x0102), frames: FrameCount(3),
            capturedAt: BootTime(nanoseconds: -1))
        writer.append(entry, payload: [])
        #expect(
            writer.bytes[8...].elementsEqual(
                [25, 0, 0, 0, 3, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]
                    + [UInt8](repeating: 0xFF, count: 8) + [10]))
        #expect(writer.bytes[..<4].elementsEqual([0x89, 0x45, 0x41, 0x52]))
        // The sums of the first position, the place, and everything from byte 8 on.
        var sum = CRC32C()
        let place: [UInt8] = [16, 0, 0, 0, 0, 0, 0, 0, 0xE8, 3, 0, 0, 0, 0, 0, 0]
        sum.add(place.span.bytes)
        sum.add(Array(writer.bytes[8...]).span.bytes)
        #expect(writer.bytes.number(at: 4) == sum.value)
    }

    @Test func aCauseKeepsItsNumberOnDisk() {
        let names = [
            "xrun", "suspend", "unplugged", "device_error", "overflow", "muted", "paused", "restart",
            "expired", "quota", "purged", "damaged",
        ]
        #expect(names.indices.map { GapCause(rawValue: UInt8($0))?.name } == names)
    }

    /// Cut off at every byte: what lay wholly before is there, and nothing else.
    @Test func aTornTailCostsOnlyTheRecordThatWasTorn() {
        let (bytes, starts, records) = Self.segment()
        for count in 0..<bytes.count {
            let torn = Array(bytes[..<count])
            let contents = SegmentContents(torn, first: Self.first)
            let whole = starts.dropFirst().count { $0 <= count }
            let expected = [1, 2, 3, 4, 5, 7].count { $0 < whole }
            #expect(contents.records.map(\.entry) == Array(records[..<expected]), "cut at \(count)")
            #expect(check(contents, torn, against: records))
            #expect(contents.end == starts.last { $0 <= count })
            #expect(contents.damage == (contents.end < count ? [contents.end..<count] : []))
        }
    }

    /// Every bit of the segment turned over, one at a time: the frame it is in is lost, and no other.
    @Test func aFlippedBitCostsOnlyTheRecordItIsIn() {
        let (bytes, starts, records) = Self.segment()
        let frameOfRecord = [1, 2, 3, 4, 5, 7]
        for offset in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[offset] ^= 1 << bit
                let contents = SegmentContents(flipped, first: Self.first)
                let hit = starts.lastIndex { $0 <= offset } ?? 0
                let expected = records.indices.filter { frameOfRecord[$0] != hit }.map { records[$0] }
                guard contents.records.map(\.entry) == expected, check(contents, flipped, against: records),
                    contents.damage == [starts[hit]..<starts[hit + 1]],
                    (contents.header == .damaged) == (hit == 0), (contents.checkpoint == nil) == (hit == 6)
                else {
                    Issue.record("bit \(bit) of byte \(offset): \(contents)")
                    return
                }
            }
        }
    }

    @Test(arguments: 1...30)
    func noiseIsNoRecord(seed: Int) {
        var random = SeededGenerator(seed: seed)
        var (bytes, starts, records) = Self.segment()
        // Noise over a stretch, markers strewn in, and a torn end.
        let range =
            Int.random(in: 0..<100, using: &random)..<Int.random(in: 150..<bytes.count, using: &random)
        for index in range { bytes[index] = UInt8.random(in: 0...255, using: &random) }
        for _ in 0..<3 {
            let place = Int.random(in: 0..<bytes.count - 4, using: &random)
            bytes.replaceSubrange(place..<place + 4, with: SegmentFormat.marker)
        }
        bytes.removeLast(Int.random(in: 0..<40, using: &random))
        let contents = SegmentContents(bytes, first: Self.first)
        #expect(check(contents, bytes, against: records))
        #expect(contents.records.count < records.count && !contents.damage.isEmpty)
        _ = starts
    }

    @Test func aFrameThatLiesWhereItWasNotWrittenIsNone() {
        let (bytes, starts, records) = Self.segment()
        // The last record once more, behind itself: a stale block.
        let twice = bytes + bytes[starts[7]...]
        let contents = SegmentContents(twice, first: Self.first)
        #expect(contents.records.map(\.entry) == records && contents.damage == [bytes.count..<twice.count])
        // A whole segment under another's name.
        #expect(SegmentContents(bytes, first: .start).records.isEmpty)
    }

    @Test func recordsOfLaterVersionsArePassedOverOrReported() {
        for flags in [SegmentFormat.skippable, 0] {
            var writer = SegmentWriter(first: Self.first, offset: 0)
            var header = Self.header
            header.version = 9
            writer.append(header)
            let start = writer.bytes.count
            writer.append(kind: 200, flags: flags, [1, 2, 3])
            let end = writer.bytes.count
            writer.append(Self.entry(0), payload: Self.payload(of: Self.entry(0))[...])
            let contents = SegmentContents(writer.bytes, first: Self.first)
            #expect(contents.records.map(\.entry) == [Self.entry(0)] && contents.header == .intact(header))
            #expect(contents.damage == (flags == 0 ? [start..<end] : []))
        }
    }

    @Test func aSegmentThatAsksForALaterReaderIsLeftAlone() {
        var writer = SegmentWriter(first: Self.first, offset: 0)
        var header = Self.header
        (header.version, header.minimumReader) = (3, 2)
        writer.append(header)
        writer.append(Self.entry(0), payload: Self.payload(of: Self.entry(0))[...])
        let contents = SegmentContents(writer.bytes, first: Self.first)
        #expect(contents.header == .newer(version: 3) && contents.records.isEmpty)
    }

    @Test func recordsThatMakeNoSenseAreDamage() {
        for (position, frames) in [(Int64.max - 5, Int64(10)), (Self.first.frames, 0), (5, 320)] {
            var writer = SegmentWriter(first: Self.first, offset: 0)
            writer.append(
                StreamEntry(
                    kind: .packet, position: StreamPosition(frames: position), frames: FrameCount(frames),
                    capturedAt: BootTime(nanoseconds: 0)), payload: [1])
            let contents = SegmentContents(writer.bytes, first: Self.first)
            #expect(contents.records.isEmpty && contents.damage == [0..<writer.bytes.count])
        }
    }
}

@Suite struct RunListTests {
    private func packet(_ index: Int64, late: Int64 = 0) -> StreamEntry {
        StreamEntry(
            kind: .packet, position: StreamPosition(frames: 320 * index), frames: FrameCount(320),
            capturedAt: BootTime(nanoseconds: 20_000_000 * index + late))
    }

    @Test func hoursAreOneEntryUntilTheClockDisagrees() {
        var list = RunList(rate: SampleRate(hertz: 16_000))
        for index in 0..<1_000 { list.append(packet(Int64(index), late: index == 500 ? 10_000_000 : 0)) }
        #expect(list.entries.count == 1 && list.end?.frames == 320_000)
        list.append(packet(1_000, late: 10_000_001))
        #expect(list.entries.count == 2)
    }

    @Test func whatIsMissingIsADamagedGapAndWhatIsThereTwiceIsNot() {
        var list = RunList(rate: SampleRate(hertz: 16_000))
        for index in [0, 1, 1, 0, 4, 5] as [Int64] { list.append(packet(index)) }
        #expect(list.entries.map(\.kind) == [.packet, .gap, .packet])
        #expect(list.entries[1].cause == .damaged && list.entries[1].frames.value == 640)
        #expect(list.entry(at: StreamPosition(frames: 640)) == list.entries[1])
        #expect(list.entry(at: StreamPosition(frames: 1_920)) == nil)
        list.remove(before: StreamPosition(frames: 320))
        #expect(list.entries[0] == packet(1))
        list.remove(from: StreamPosition(frames: 1_600))
        #expect(list.entries.last == packet(4))
    }

    @Test func aGapTakesThePlaceOfWhatItCovers() {
        var list = RunList(rate: SampleRate(hertz: 16_000))
        for index in 0..<10 { list.append(packet(Int64(index))) }
        let gap = StreamEntry.damaged(
            from: StreamPosition(frames: 960), to: StreamPosition(frames: 1_280),
            capturedAt: BootTime(nanoseconds: 60_000_000))
        list.replace(with: gap)
        #expect(list.entries.map(\.position.frames) == [0, 960, 1_280] && list.end?.frames == 3_200)
        #expect(list.entries[2].capturedAt.nanoseconds == 80_000_000)
    }
}

@Suite struct SpoolPolicyTests {
    private func decide(
        _ durability: SpoolPolicy.Durability, bytes: Int, down: Int64? = nil, waited: Int64? = nil,
        spilling: Bool = false
    ) -> SpoolPolicy.Decision {
        let now = BootTime(nanoseconds: 1_000_000_000_000)
        let ago: (Int64) -> BootTime = { BootTime(nanoseconds: now.nanoseconds - $0 * 1_000_000) }
        let situation = SpoolPolicy.Situation(
            unwritten: (bytes, 1 << 20), downSince: down.map(ago), lastWrite: waited.map(ago),
            isSpilling: spilling)
        return SpoolPolicy(durability: durability, spoolAfter: .seconds(5)).decide(situation, now: now)
    }

    @Test func powerWritesEachSecond() {
        #expect(decide(.power, bytes: 1, waited: 999) == .wait)
        #expect(decide(.power, bytes: 1, waited: 1_000) == .write(synchronise: true))
        #expect(decide(.power, bytes: 65_536, waited: 0) == .write(synchronise: true))
        #expect(decide(.power, bytes: 0, waited: 5_000) == .wait)
    }

    @Test func outageWritesOnceItLasts() {
        #expect(decide(.outage, bytes: 100_000, down: 4_999) == .wait)
        #expect(decide(.outage, bytes: 1, down: 5_000) == .write(synchronise: true))
        #expect(decide(.outage, bytes: 65_535, down: 60_000, waited: 9_999) == .wait)
        #expect(decide(.outage, bytes: 65_535, down: 60_000, waited: 10_000) == .write(synchronise: true))
        #expect(decide(.outage, bytes: 65_536, down: 60_000, waited: 0) == .write(synchronise: true))
    }

    @Test func halfOfMemoryIsEnough() {
        #expect(decide(.outage, bytes: 1 << 19) == .wait)
        #expect(decide(.outage, bytes: (1 << 19) + 11_000) == .write(synchronise: false))
        #expect(decide(.outage, bytes: 1, spilling: true) == .write(synchronise: true))
        #expect(decide(.outage, bytes: 0, spilling: true) == .wait)
    }
}
