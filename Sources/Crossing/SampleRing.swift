import Synchronization

/// A wait-free queue of bytes between one producer thread and one consumer thread: samples cross here.
///
/// - Both ends are `~Copyable`: taking one twice does not compile; each may move to another thread, none may
///   be shared.
/// - All memory is allocated, mapped and touched when the ring is made. After that nothing allocates, locks
///   or waits: each call returns at once after a bounded number of steps.
/// - Full: `region()` of the producer is empty; nothing is ever overwritten; the caller counts the loss.
/// - Empty: `region()` of the consumer is empty.
/// - A region is always contiguous, also across the physical end (the memory is mapped twice), so a sound
///   card can read straight into it, whatever the size of a frame.
/// - Orderings: a commit releases, the consumer's look acquires; a release releases, the producer's look
///   acquires.
/// - Not offered: waiting (see `WakeUp`), more than one thread per end, resizing.
@frozen package struct SampleRing: ~Copyable {
    package let producer: SampleProducer
    package let consumer: SampleConsumer

    /// A ring that holds exactly `capacityBytes`, 1 byte to 1 GiB; the memory is rounded up to a power of
    /// two.
    package init(capacityBytes: Int) throws(CrossingError) {
        self.init(memory: try RingMemory.make(capacityBytes: capacityBytes), capacity: capacityBytes)
    }

    /// A ring of this memory, which may hold bytes already: those from `consumed` to `written`.
    init(memory: consuming RingMemory.Pair, capacity: Int, consumed: UInt64 = 0, written: UInt64 = 0) {
        producer = SampleProducer(
            memory: memory.producer, capacity: capacity, written: written, released: consumed)
        consumer = SampleConsumer(
            memory: memory.consumer, capacity: capacity, consumed: consumed, committed: written)
    }
}

/// The writing end of a `SampleRing`. One thread at a time.
package struct SampleProducer: ~Copyable, Sendable {
    private let memory: RingMemory
    /// In bytes.
    package let capacity: Int
    /// Bytes committed since the ring was made. Our own count: exact.
    package private(set) var written: UInt64
    /// The consumer's count as last seen; it only grows, so what it says is free is free.
    private var released: UInt64
    private var owner = ThreadCheck()

    init(memory: consuming RingMemory, capacity: Int, written: UInt64, released: UInt64) {
        self.memory = memory
        self.capacity = capacity
        self.written = written
        self.released = released
    }

    /// Bytes that can be written now. At least so many stay free until this end commits.
    ///
    /// RT-safe. Runs on: the producer's thread.
    @_noAllocation @_noLocks
    package mutating func freeBytes() -> Int {
        owner.check()
        released = unsafe memory.counts.pointee.released.load(ordering: .acquiring)
        return capacity - Int(written - released)
    }

    /// All free bytes but at most `limit`, in one piece, to be filled from the front. What is in them now is
    /// undefined.
    ///
    /// RT-safe. Runs on: the producer's thread. Full: empty.
    @_noAllocation @_noLocks @_lifetime(&self)
    package mutating func region(atMost limit: Int = .max) -> MutableRawSpan {
        let free = min(freeBytes(), limit)
        let offset = Int(written & UInt64(memory.mappedBytes - 1))
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: memory.base + offset, count: free)
        return unsafe _overrideLifetime(MutableRawSpan(_unsafeBytes: bytes), mutating: &self)
    }

    /// Hands the first `bytes` of the region to the consumer.
    ///
    /// RT-safe. Runs on: the producer's thread. Traps on more than is free.
    @_noAllocation @_noLocks
    package mutating func commit(_ bytes: Int) {
        owner.check()
        precondition(
            bytes >= 0 && bytes <= capacity - Int(written - released), "committed more than was free")
        written += UInt64(bytes)
        unsafe memory.counts.pointee.committed.store(written, ordering: .releasing)
    }

    /// The consumer's end is gone: nobody will read what is written from now on. RT-safe.
    package var isAbandoned: Bool {
        @_noAllocation @_noLocks get { memory.isAbandoned }
    }

    /// Lets another thread use this end from now on. Debug builds trap on an unannounced one.
    package mutating func handOver() { owner = ThreadCheck() }

    /// Locks the ring's memory (mlock2(2)); false where the limit (RLIMIT_MEMLOCK) does not allow it.
    package func lockMemory() -> Bool { memory.lock() }
}

/// The reading end of a `SampleRing`. One thread at a time.
package struct SampleConsumer: ~Copyable, Sendable {
    private let memory: RingMemory
    /// In bytes.
    package let capacity: Int
    /// Bytes released since the ring was made. Our own count: exact.
    package private(set) var consumed: UInt64
    /// The producer's count as last seen; it only grows, so what it says is filled is filled.
    private var committed: UInt64
    private var owner = ThreadCheck()

    init(memory: consuming RingMemory, capacity: Int, consumed: UInt64, committed: UInt64) {
        self.memory = memory
        self.capacity = capacity
        self.consumed = consumed
        self.committed = committed
    }

    /// The header of the ring's file, mapped; nil where there is no file.
    var fileHeader: UnsafeMutableRawPointer? { unsafe memory.fileHeader }

    /// Bytes that can be read now. At least so many stay there until this end releases.
    ///
    /// RT-safe. Runs on: the consumer's thread.
    @_noAllocation @_noLocks
    package mutating func filledBytes() -> Int {
        owner.check()
        committed = unsafe memory.counts.pointee.committed.load(ordering: .acquiring)
        return Int(committed - consumed)
    }

    /// All filled bytes but at most `limit`, oldest first, in one piece. They are this end's until released:
    /// it may change them in place.
    ///
    /// RT-safe. Runs on: the consumer's thread. Empty: empty.
    @_noAllocation @_noLocks @_lifetime(&self)
    package mutating func region(atMost limit: Int = .max) -> MutableRawSpan {
        let filled = min(filledBytes(), limit)
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: front, count: filled)
        return unsafe _overrideLifetime(MutableRawSpan(_unsafeBytes: bytes), mutating: &self)
    }

    /// Where the oldest byte lies.
    var front: UnsafeMutableRawPointer {
        @_noAllocation @_noLocks get {
            unsafe memory.base + Int(consumed & UInt64(memory.mappedBytes - 1))
        }
    }

    /// Where the byte number `offset` lies while it is filled.
    func address(of offset: UInt64) -> UnsafeRawPointer {
        unsafe UnsafeRawPointer(memory.base + Int(offset & UInt64(memory.mappedBytes - 1)))
    }

    /// Gives the oldest `bytes` back to the producer.
    ///
    /// RT-safe. Runs on: the consumer's thread. Traps on more than is filled.
    @_noAllocation @_noLocks
    package mutating func release(_ bytes: Int) {
        owner.check()
        precondition(bytes >= 0 && bytes <= Int(committed - consumed), "released more than was filled")
        consumed += UInt64(bytes)
        unsafe memory.counts.pointee.released.store(consumed, ordering: .releasing)
    }

    /// The producer's end is gone: what is filled now is all there will be. RT-safe.
    package var isAbandoned: Bool {
        @_noAllocation @_noLocks get { memory.isAbandoned }
    }

    /// Lets another thread use this end from now on. Debug builds trap on an unannounced one.
    package mutating func handOver() { owner = ThreadCheck() }
}
