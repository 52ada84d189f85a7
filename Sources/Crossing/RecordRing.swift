import Audio
import Timeline

/// A wait-free queue of records — a `StreamEntry` and its payload — between one appending thread and one
/// reading thread.
///
/// The reader walks over the records with cursors as often as it likes; they stay where they are until it
/// releases them. So the ring is a retransmission queue: what has been sent but not confirmed is still there.
/// Full: `append` says false and changes nothing; the appender keeps account of what it could not place.
/// Allocates when made, never after. Ordinary threads only: not marked for real time.
@frozen package struct RecordRing: ~Copyable {
    package let producer: RecordProducer
    package let consumer: RecordConsumer

    /// Records and their headers together take at most `capacityBytes`.
    package init(capacityBytes: Int) throws(CrossingError) {
        let ring = try SampleRing(capacityBytes: capacityBytes)
        producer = RecordProducer(bytes: ring.producer)
        consumer = RecordConsumer(bytes: ring.consumer)
    }
}

/// How a record lies in the ring: header, payload, zeros up to a multiple of eight bytes.
private struct RecordHeader: BitwiseCopyable {
    static let stride = MemoryLayout<RecordHeader>.stride
    var entry: StreamEntry
    var payloadBytes: UInt64

    /// What the whole record takes in the ring.
    static func recordBytes(payload: Int) -> Int { stride + (payload + 7) & ~7 }
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
    /// Runs on: the appender's thread. Allocates nothing, waits for nothing.
    package mutating func append(_ entry: StreamEntry, payload: borrowing RawSpan) -> Bool {
        let count = payload.byteCount
        let total = RecordHeader.recordBytes(payload: count)
        var region = bytes.region(atMost: total)
        guard region.byteCount == total else { return false }
        region.storeBytes(of: RecordHeader(entry: entry, payloadBytes: UInt64(count)), as: RecordHeader.self)
        unsafe region.withUnsafeMutableBytes { target in
            unsafe payload.withUnsafeBytes { source in
                let place = unsafe UnsafeMutableRawBufferPointer(rebasing: target[RecordHeader.stride...])
                unsafe place.copyMemory(from: source)
                for index in count..<place.count { unsafe place[index] = 0 }
            }
        }
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

    init(bytes: consuming SampleConsumer) { self.bytes = bytes }

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
            offset: cursor.offset + UInt64(RecordHeader.recordBytes(payload: Int(header.payloadBytes))))
    }

    /// Gives all records before `cursor` back to the appender. Their cursors are void.
    package mutating func release(before cursor: Cursor) {
        guard cursor.offset > bytes.consumed else { return }
        _ = bytes.filledBytes()
        bytes.release(Int(cursor.offset - bytes.consumed))
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
