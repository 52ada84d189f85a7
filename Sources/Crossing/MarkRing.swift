import Audio
import Timeline

/// A wait-free queue of device marks between one producer thread and one consumer thread, beside a sample
/// ring.
///
/// The same contract as `SampleRing`, mark by mark. Full: `push` says false and changes nothing; the caller
/// keeps the mark. (Not generic: the compiler checks real-time attributes on concrete code only.)
@frozen package struct MarkRing: ~Copyable {
    package let producer: MarkProducer
    package let consumer: MarkConsumer

    /// A ring that holds exactly `capacity` marks, at least 1.
    package init(capacity: Int) throws(CrossingError) {
        let ring = try SampleRing(capacityBytes: capacity * MemoryLayout<DeviceMark>.stride)
        producer = MarkProducer(bytes: ring.producer)
        consumer = MarkConsumer(bytes: ring.consumer)
    }
}

/// The writing end of a `MarkRing`. One thread at a time.
package struct MarkProducer: ~Copyable, Sendable {
    private var bytes: SampleProducer

    init(bytes: consuming SampleProducer) { self.bytes = bytes }

    /// Appends `mark`; false when full.
    ///
    /// RT-safe. Runs on: the producer's thread.
    @_noAllocation @_noLocks
    package mutating func push(_ mark: DeviceMark) -> Bool {
        var region = bytes.region()
        guard region.byteCount >= MemoryLayout<DeviceMark>.stride else { return false }
        region.storeBytes(of: mark, as: DeviceMark.self)
        bytes.commit(MemoryLayout<DeviceMark>.stride)
        return true
    }

    /// Lets another thread use this end from now on.
    package mutating func handOver() { bytes.handOver() }
}

/// The reading end of a `MarkRing`. One thread at a time.
package struct MarkConsumer: ~Copyable, Sendable {
    private var bytes: SampleConsumer

    init(bytes: consuming SampleConsumer) { self.bytes = bytes }

    /// The oldest mark, left where it is; nil when empty.
    ///
    /// RT-safe. Runs on: the consumer's thread.
    @_noAllocation @_noLocks
    package mutating func peek() -> DeviceMark? {
        guard bytes.filledBytes() >= MemoryLayout<DeviceMark>.stride else { return nil }
        // Only whole marks were ever stored, by `push`.
        return unsafe bytes.front.loadUnaligned(as: DeviceMark.self)
    }

    /// Takes the oldest mark; nil when empty.
    ///
    /// RT-safe. Runs on: the consumer's thread.
    @_noAllocation @_noLocks
    package mutating func pop() -> DeviceMark? {
        guard let mark = peek() else { return nil }
        bytes.release(MemoryLayout<DeviceMark>.stride)
        return mark
    }

    /// Lets another thread use this end from now on.
    package mutating func handOver() { bytes.handOver() }
}
