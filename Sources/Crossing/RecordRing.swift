import Audio
import Timeline

/// A wait-free queue of records — a `StreamEntry` and its payload — between one appending thread and one
/// reading thread.
///
/// The reader walks over the records with cursors as often as it likes; they stay where they are until it
/// releases them. So the ring is a retransmission queue: what has been sent but not confirmed is still there.
/// Full: `append` says false and changes nothing; the appender keeps account of what it could not place.
/// Allocates when made, never after. Ordinary threads only: not marked for real time.
///
/// A ring may lie in a file in memory (tmpfs), which outlives the program: `create(path:…)`, `resume(path:)`.
@frozen package struct RecordRing: ~Copyable {
    package let producer: RecordProducer
    package let consumer: RecordConsumer

    /// Records and their headers together take at most `capacityBytes`.
    package init(capacityBytes: Int) throws(CrossingError) {
        self.init(bytes: try SampleRing(capacityBytes: capacityBytes))
    }

    init(bytes: consuming SampleRing, checkpoints: RingCheckpoints? = nil) {
        producer = RecordProducer(bytes: bytes.producer)
        consumer = RecordConsumer(bytes: bytes.consumer, checkpoints: checkpoints)
    }
}

/// The appending end of a `RecordRing`. One thread at a time.
package struct RecordProducer: ~Copyable, Sendable {
    private var bytes: SampleProducer
    /// Records appended so far.
    package private(set) var appended: UInt64 = 0

    init(bytes: consuming SampleProducer) { self.bytes = bytes }

    /// Whether two records with payloads of so many bytes fit now, one after the other.
    ///
    /// Runs on: the appender's thread.
    package mutating func hasRoom(forPayloads first: Int, _ second: Int) -> Bool {
        let total = RecordHeader.recordBytes(payload: first) + RecordHeader.recordBytes(payload: second)
        return bytes.freeBytes() >= total
    }

    /// Appends one record; false when it does not fit now.
    ///
    /// Once it has returned true, the record is in the ring's file, if it has one: the end of this program
    /// does not take it away.
    ///
    /// Runs on: the appender's thread. Allocates nothing, waits for nothing.
    package mutating func append(_ entry: StreamEntry, payload: borrowing RawSpan) -> Bool {
        let count = payload.byteCount
        let total = RecordHeader.recordBytes(payload: count)
        let place = bytes.written
        var region = bytes.region(atMost: total)
        guard region.byteCount == total else { return false }
        var header = RecordHeader(entry, payloadBytes: count)
        region.storeBytes(of: header, as: RecordHeader.self)
        unsafe region.withUnsafeMutableBytes { target in
            unsafe payload.withUnsafeBytes { source in
                let place = unsafe UnsafeMutableRawBufferPointer(rebasing: target[RecordHeader.stride...])
                unsafe place.copyMemory(from: source)
                for index in count..<place.count { unsafe place[index] = 0 }
            }
        }
        header.checksum = RecordHeader.checksum(of: region.bytes, payloadBytes: count, place: place)
        region.storeBytes(of: header, as: RecordHeader.self)
        bytes.commit(total)
        appended += 1
        return true
    }

    /// Appends a record without payload; false when it does not fit now.
    package mutating func append(_ entry: StreamEntry) -> Bool {
        unsafe append(entry, payload: InlineArray<0, UInt8>(repeating: 0).span.bytes)
    }

    /// Lets another thread use this end from now on.
    package mutating func handOver() { bytes.handOver() }
}

/// The reading end of a `RecordRing`. One thread at a time.
package struct RecordConsumer: ~Copyable, Sendable {
    /// The place of a record; never used again for another.
    package struct Cursor: Hashable, Comparable, Sendable {
        fileprivate let offset: UInt64

        package static func < (left: Cursor, right: Cursor) -> Bool { left.offset < right.offset }
    }

    private var bytes: SampleConsumer
    /// Nil where the ring has no file.
    private var checkpoints: RingCheckpoints?

    init(bytes: consuming SampleConsumer, checkpoints: RingCheckpoints?) {
        self.bytes = bytes
        self.checkpoints = checkpoints
    }

    /// The oldest record not yet released, or where it will be.
    package var oldest: Cursor { Cursor(offset: bytes.consumed) }

    /// Bytes taken by records not yet released, headers included.
    package mutating func filledBytes() -> Int { bytes.filledBytes() }

    /// The same without the records before `cursor`.
    package mutating func filledBytes(from cursor: Cursor) -> Int {
        bytes.filledBytes() - Int(cursor.offset - bytes.consumed)
    }

    /// In bytes.
    package var capacity: Int { bytes.capacity }

    /// The header of the record at `cursor`; nil where none has been appended yet.
    package mutating func entry(at cursor: Cursor) -> StreamEntry? { header(at: cursor)?.entry }

    /// The payload's size of the record at `cursor`, in bytes; 0 where there is none.
    package mutating func payloadBytes(at cursor: Cursor) -> Int {
        Int(header(at: cursor)?.payloadBytes ?? 0)
    }

    /// Lets `body` read the payload of the record at `cursor`; empty where there is none.
    package mutating func withPayload<Result: ~Copyable, Failure: Error>(
        at cursor: Cursor, _ body: (borrowing RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let count = payloadBytes(at: cursor)
        let start = unsafe place(of: cursor) + RecordHeader.stride
        let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: start, count: count))
        return try body(span)
    }

    /// The place after the record at `cursor`; `cursor` itself where there is none.
    package mutating func next(after cursor: Cursor) -> Cursor {
        guard let header = header(at: cursor) else { return cursor }
        return Cursor(
            offset: cursor.offset + UInt64(header.recordBytes))
    }

    /// Makes the record at `cursor` a gap, for `cause`, and its payload zeros: what was in it is nowhere any
    /// more, in the ring's file neither. Who resumes a file that a program left in the middle of this finds
    /// the record damaged.
    package mutating func erase(at cursor: Cursor, cause: GapCause) {
        guard let header = header(at: cursor), var entry = header.entry, entry.kind == .packet else { return }
        (entry.kind, entry.cause) = (.gap, cause)
        let count = Int(header.payloadBytes)
        let record = unsafe UnsafeMutableRawPointer(mutating: place(of: cursor))
        unsafe (record + RecordHeader.stride).initializeMemory(as: UInt8.self, repeating: 0, count: count)
        var erased = RecordHeader(entry, payloadBytes: count)
        unsafe record.storeBytes(of: erased, as: RecordHeader.self)
        let bytes = unsafe UnsafeRawBufferPointer(start: record, count: RecordHeader.stride + count)
        erased.checksum = unsafe RecordHeader.checksum(
            of: RawSpan(_unsafeBytes: bytes), payloadBytes: count, place: cursor.offset)
        unsafe record.storeBytes(of: erased, as: RecordHeader.self)
    }

    /// Gives all records before `cursor` back to the appender. Their cursors are void.
    package mutating func release(before cursor: Cursor) {
        guard cursor.offset > bytes.consumed else { return }
        _ = bytes.filledBytes()
        bytes.release(Int(cursor.offset - bytes.consumed))
    }

    /// Keeps `blob`, at most `RecordRing.checkpointBytesMax`, in the ring's file instead of the one before:
    /// who resumes the file finds the newest that was written whole. A ring without a file keeps nothing.
    ///
    /// Runs on: the reader's thread. Waits for nothing.
    package mutating func checkpoint(_ blob: [UInt8]) {
        guard let header = unsafe bytes.fileHeader else { return }
        unsafe checkpoints?.write(blob, to: header)
    }

    /// Lets another thread use this end from now on.
    package mutating func handOver() { bytes.handOver() }

    private mutating func header(at cursor: Cursor) -> RecordHeader? {
        precondition(cursor.offset >= bytes.consumed, "the record at this cursor was released")
        let ahead = Int(cursor.offset - bytes.consumed)
        guard bytes.filledBytes() > ahead else { return nil }
        return unsafe place(of: cursor).loadUnaligned(as: RecordHeader.self)
    }

    private func place(of cursor: Cursor) -> UnsafeRawPointer {
        unsafe bytes.address(of: cursor.offset)
    }
}
