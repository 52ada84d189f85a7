import Audio
import Glibc
import System
import Testing
import Timeline

@testable import Crossing

/// Rings that outlive who made them.
@Suite struct RecordRingFileTests {
    private let rig: RingFileRig

    init() throws { rig = try RingFileRig() }

    /// Makes a ring of the records with `numbers`, releases as many as `released`, and lets go of it without
    /// a word, as the end of a program does.
    private func leave(
        _ numbers: Range<Int>, released: Int = 0, capacityBytes: Int = 65_536, checkpoints: [[UInt8]] = []
    ) throws {
        let ring = try RecordRing.create(
            path: rig.path, capacityBytes: capacityBytes, identity: [1, 2, 3])
        var producer = ring.producer
        var consumer = ring.consumer
        for number in numbers {
            if number - numbers.lowerBound >= released { break }
            let fits = Numbered.append(number, to: &producer)
            #expect(fits)
            let next = consumer.next(after: consumer.oldest)
            consumer.release(before: next)
        }
        for number in numbers.dropFirst(released) {
            let fits = Numbered.append(number, to: &producer)
            #expect(fits)
        }
        for blob in checkpoints { consumer.checkpoint(blob) }
    }

    private func resumedNumbers() throws -> (numbers: [Int?], report: ResumeReport, last: StreamEntry?) {
        let resumed = try RecordRing.resume(path: rig.path)
        let (report, last) = (resumed.report, resumed.lastEntry)
        var consumer = resumed.ring.consumer
        return (Numbered.all(in: &consumer), report, last)
    }

    @Test func theChecksumIsCastagnolis() {
        var sum = CRC32C()
        let text = Array("123456789".utf8)
        sum.add(text.span.bytes)
        #expect(sum.value == 0xE306_9283)
        var pieces = CRC32C()
        pieces.add(UInt64(littleEndian: 0x3837_3635_3433_3231))
        let rest: [UInt8] = [0x39]
        pieces.add(rest.span.bytes)
        #expect(pieces.value == 0xE306_9283)
        // RFC 3720, appendix B.4.
        func checksum(_ bytes: [UInt8]) -> UInt32 {
            var sum = CRC32C()
            sum.add(bytes.span.bytes)
            return sum.value
        }
        #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(checksum(Array(0..<32)) == 0x46DD_794E)
    }

    @Test func theFormatIsAsItIsWrittenDown() {
        #expect(MemoryLayout<RecordHeader>.size == RecordHeader.stride)
        #expect(MemoryLayout<RecordHeader>.stride == 40)
        #expect(MemoryLayout<RecordHeader>.offset(of: \.payloadBytes) == 4)
        #expect(MemoryLayout<RingFileHeader>.size == RingFileHeader.stride)
        #expect(MemoryLayout<RingFileHeader>.offset(of: \.version) == 8)
        #expect(MemoryLayout<RingFileHeader>.offset(of: \.mappedBytes) == 24)
        #expect(MemoryLayout<RingFileHeader>.offset(of: \.checksum) == 52)
        #expect(MemoryLayout<RingCounts>.size == 256)
        #expect(RingFileHeader.countsOffset + MemoryLayout<RingCounts>.size <= RingFileHeader.identityOffset)
        #expect(
            RingCheckpoints.offset + 2 * RingCheckpoints.stride <= RingFileHeader.bytes
                && RingFileHeader.identityOffset + RingFileHeader.identityBytesMax <= RingCheckpoints.offset)
        #expect(StreamEntry.Kind.packet.rawValue == 0 && StreamEntry.Kind.gap.rawValue == 1)
        let first: [GapCause] = [
            .xrun, .suspend, .unplugged, .deviceError, .overflow, .muted, .paused, .restart, .expired, .quota,
            .purged, .damaged,
        ]
        #expect(GapCause.allCases.prefix(12).map(\.rawValue) == first.map(\.rawValue))
        #expect(first.map(\.rawValue) == Array(0..<12), "causes are numbers in files: add at the end only")
    }

    @Test func whatWasErasedIsAGapAndNowhereInTheFile() throws {
        try leave(0..<10)
        do {
            let resumed = try RecordRing.resume(path: rig.path)
            var consumer = resumed.ring.consumer
            var cursor = consumer.oldest
            for number in 0..<10 {
                if number >= 6 { consumer.erase(at: cursor, cause: .purged) }
                cursor = consumer.next(after: cursor)
            }
        }
        let resumed = try RecordRing.resume(path: rig.path)
        #expect(resumed.report.records == 10 && resumed.report.droppedBytes == 0)
        var consumer = resumed.ring.consumer
        var cursor = consumer.oldest
        for number in 0..<10 {
            let found = consumer.entry(at: cursor)
            let entry = try #require(found)
            let was = Numbered.entry(number)
            #expect(entry.kind == (number < 6 ? was.kind : .gap))
            #expect(entry.cause == (number < 6 || was.kind == .gap ? was.cause : .purged))
            let isSilent = consumer.withPayload(at: cursor) { payload in
                (0..<payload.byteCount).allSatisfy {
                    payload.unsafeLoad(fromByteOffset: $0, as: UInt8.self) == 0
                }
            }
            #expect(isSilent || number < 6 || was.kind == .gap)
            cursor = consumer.next(after: cursor)
        }
    }

    @Test func whatWasAppendedAndNotReleasedIsThereAgain() throws {
        try leave(0..<40, released: 13)
        let resumed = try RecordRing.resume(path: rig.path)
        #expect(resumed.identity == [1, 2, 3])
        #expect(resumed.checkpoint == nil)
        #expect(resumed.lastEntry == Numbered.entry(39))
        let (records, bytes, dropped) = (
            resumed.report.records, resumed.report.recordBytes, resumed.report.droppedBytes
        )
        var producer = resumed.ring.producer
        var consumer = resumed.ring.consumer
        #expect(records == 27 && dropped == 0)
        let filled = consumer.filledBytes()
        #expect(bytes == filled)
        // It goes on as if nothing had been.
        let fits = Numbered.append(40, to: &producer)
        #expect(fits)
        let numbers = Numbered.all(in: &consumer)
        #expect(numbers == Array(13...40))
        #expect(rig.mode == 0o600)
    }

    @Test func anEmptyRingIsResumedEmpty() throws {
        try leave(0..<10, released: 10)
        let (numbers, report, last) = try resumedNumbers()
        #expect(numbers.isEmpty && last == nil)
        #expect(report == ResumeReport(records: 0, recordBytes: 0, droppedBytes: 0))
    }

    /// The bytes wrap, the capacity is no power of two, and each life goes on where the last one ended.
    @Test func itGoesOnThroughManyLives() throws {
        var next = 0
        try leave(0..<0, capacityBytes: 70_001)
        var oldest = 0
        for life in 0..<25 {
            let resumed = try RecordRing.resume(path: rig.path)
            let last = resumed.lastEntry
            #expect(last == (oldest == next ? nil : Numbered.entry(next - 1)))
            var producer = resumed.ring.producer
            var consumer = resumed.ring.consumer
            let kept = Numbered.all(in: &consumer)
            #expect(kept == Array(oldest..<next), "life \(life)")
            while Numbered.append(next, to: &producer) { next += 1 }
            for _ in 0..<(life % 7 * 200) where oldest < next {
                let after = consumer.next(after: consumer.oldest)
                consumer.release(before: after)
                oldest += 1
            }
            consumer.checkpoint([UInt8(life)])
        }
        #expect(next > 5_000)
        let checkpoint = try RecordRing.resume(path: rig.path).checkpoint
        #expect(checkpoint == [24])
    }

    @Test func theNewestWholeCheckpointIsFound() throws {
        let blobs = (1...3).map { Array(repeating: UInt8($0), count: 8_192 - $0) }
        try leave(0..<3, checkpoints: blobs)
        let newest = try RecordRing.resume(path: rig.path).checkpoint
        #expect(newest == blobs[2])
        // The third lies in the slot of the first; whatever is torn of it, the second is still there.
        let original = try rig.bytes
        let slot = RingCheckpoints.offset + RingCheckpoints.stride
        for offset in [0, 7, 8, 10, 11, 12, 15, 16, 17, 4_000, 16 + 8_188] {
            rig.flip(bit: offset % 8, of: slot + offset, in: original)
            let left = try RecordRing.resume(path: rig.path).checkpoint
            #expect(left == blobs[1], "offset \(offset)")
            rig.write([original[slot + offset]], at: slot + offset)
        }
    }

    @Test func aRingWithoutAFileKeepsNoCheckpoint() throws {
        let ring = try RecordRing(capacityBytes: 1_000)
        var consumer = ring.consumer
        consumer.checkpoint([1])
        let filled = consumer.filledBytes()
        #expect(filled == 0)
    }

    @Test func twoProgramsNeverShareAFile() throws {
        let first = try RecordRing.create(path: rig.path, capacityBytes: 1_000, identity: [])
        #expect(throws: RingFileError.inUse(path: rig.path)) { _ = try RecordRing.resume(path: rig.path) }
        #expect(throws: RingFileError.inUse(path: rig.path)) {
            _ = try RecordRing.create(path: rig.path, capacityBytes: 1_000, identity: [])
        }
        let producer = first.producer
        let consumer = first.consumer
        #expect(throws: RingFileError.inUse(path: rig.path)) { _ = try RecordRing.resume(path: rig.path) }
        _ = consume producer
        #expect(throws: RingFileError.inUse(path: rig.path)) { _ = try RecordRing.resume(path: rig.path) }
        _ = consume consumer
        let second = try RecordRing.resume(path: rig.path)
        #expect(second.report.records == 0)
        #expect(try Files.names(in: rig.directory) == ["journal.ring"])
    }

    @Test func aNewRingTakesThePlaceOfTheOldOne() throws {
        try leave(0..<9)
        do {
            let ring = try RecordRing.create(path: rig.path, capacityBytes: 100_000, identity: [9])
            let capacity = ring.consumer.capacity
            #expect(capacity == 100_000)
        }
        let resumed = try RecordRing.resume(path: rig.path)
        #expect(resumed.identity == [9])
        #expect(resumed.lastEntry == nil)
    }

    @Test func aHalfMadeFileIsNeverFound() throws {
        // What a program leaves that is killed while it makes its file.
        let half = rig.path + ".new"
        let descriptor = open(half, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        ftruncate(descriptor, 5_000)
        close(descriptor)
        #expect(throws: RingFileError.missing(path: rig.path)) { _ = try RecordRing.resume(path: rig.path) }
        try leave(0..<3)
        #expect(rig.mode == 0o600)
        #expect(try Files.names(in: rig.directory) == ["journal.ring"])
    }

    @Test func whatIsNoRingIsSaidToBeNone() throws {
        rig.write([])
        #expect(throws: RingFileError.foreign(path: rig.path)) { _ = try RecordRing.resume(path: rig.path) }
        rig.write(Array(repeating: 0x41, count: 200_000))
        #expect(throws: RingFileError.foreign(path: rig.path)) { _ = try RecordRing.resume(path: rig.path) }
        #expect(throws: (any Error).self) { _ = try RecordRing.resume(path: rig.directory) }
        symlink("/dev/null", rig.directory + "/link")
        #expect(throws: (any Error).self) { _ = try RecordRing.resume(path: rig.directory + "/link") }
    }

    @Test func aFileOfAnotherVersionIsLeftAlone() throws {
        try leave(0..<3)
        rig.write([2, 0, 0, 0], at: 8)
        let before = try rig.bytes
        #expect(throws: RingFileError.otherVersion(path: rig.path, found: 2)) {
            _ = try RecordRing.resume(path: rig.path)
        }
        #expect(try rig.bytes == before)
    }

    @Test func aFileOfAnotherLengthIsTorn() throws {
        try leave(0..<3)
        let length = try rig.bytes.count
        for cut in [length - 1, length - 4_096, 65_536, 4_096, 56] {
            rig.cut(to: cut)
            #expect(throws: RingFileError.torn(path: rig.path, .length)) {
                _ = try RecordRing.resume(path: rig.path)
            }
        }
        for cut in 0..<56 {
            rig.cut(to: cut)
            #expect(throws: RingFileError.foreign(path: rig.path)) {
                _ = try RecordRing.resume(path: rig.path)
            }
        }
    }
}
