import CSys
import Synchronization

/// The two counts both ends of a ring look at, each on its own pair of cache lines.
///
///     released ≤ committed ≤ released + capacity
///
/// Both count bytes since the ring was made and never wrap (2⁶⁴ bytes: 3 000 years of 8 × 192 kHz × 4 bytes).
/// `committed` is written by the producer alone, `released` by the consumer alone. They lie on the heap, or
/// in a ring's file, whose format this layout is part of: 8 bytes at 0, 8 bytes at 128.
struct RingCounts: ~Copyable {
    let committed: Atomic<UInt64>
    private let padding1 = InlineArray<15, UInt64>(repeating: 0)
    let released: Atomic<UInt64>
    private let padding2 = InlineArray<15, UInt64>(repeating: 0)

    init(committed: UInt64 = 0, released: UInt64 = 0) {
        self.committed = Atomic(committed)
        self.released = Atomic(released)
    }
}

/// What the two ends of a ring keep alive together.
@safe struct RingHold: ~Copyable {
    /// Ends still in use; whoever takes it to zero frees everything.
    let ends = Atomic<Int>(2)
    /// All that is mapped: the file's header, if there is a file, and the bytes twice.
    let mapping: UnsafeMutableRawPointer
    let mappingBytes: Int
    /// The mapping begins with the header of a file, and the counts are there; else they are on the heap.
    let hasFile: Bool
    /// Locked as long as it is open.
    private let file: RingFile?

    init(mapping: UnsafeMutableRawPointer, mappingBytes: Int, file: consuming RingFile? = nil) {
        unsafe self.mapping = mapping
        self.mappingBytes = mappingBytes
        hasFile = file != nil
        self.file = file
    }

    deinit { unsafe csys_unmap(mapping, mappingBytes) }
}

/// One end's hold on the shared part. The last of the two to go frees it.
@safe struct RingMemory: ~Copyable, @unchecked Sendable {
    let counts: UnsafeMutablePointer<RingCounts>
    /// Mapped twice in a row, so that every region of at most `mappedBytes` is contiguous.
    let base: UnsafeMutableRawPointer
    let mappedBytes: Int
    private let hold: UnsafeMutablePointer<RingHold>

    /// Both ends' memory of a new ring of at least `capacityBytes` that no file backs; whole pages, a power
    /// of two, zeroed and touched.
    static func make(capacityBytes: Int) throws(CrossingError) -> Pair {
        let bytes = mappedBytes(for: capacityBytes)
        var base: UnsafeMutableRawPointer?
        let result = unsafe csys_map_twice(bytes, &base)
        guard result == 0, let base = unsafe base else {
            throw CrossingError(operation: "mmap", code: -result)
        }
        let counts = UnsafeMutablePointer<RingCounts>.allocate(capacity: 1)
        unsafe counts.initialize(to: RingCounts())
        return unsafe Pair(
            counts: counts, base: base, mappedBytes: bytes,
            hold: RingHold(mapping: base, mappingBytes: 2 * bytes))
    }

    /// The power of two that holds `capacityBytes`, and that is a multiple of every page size Linux uses on
    /// the supported boards.
    static func mappedBytes(for capacityBytes: Int) -> Int {
        precondition(capacityBytes > 0 && capacityBytes <= mappedBytesMax, "a ring holds 1 byte to 1 GiB")
        var bytes = mappedBytesMin
        while bytes < capacityBytes { bytes *= 2 }
        return bytes
    }

    static let mappedBytesMin = 65_536
    static let mappedBytesMax = 1 << 30

    /// The memory of both ends.
    struct Pair: ~Copyable {
        let producer, consumer: RingMemory

        init(
            counts: UnsafeMutablePointer<RingCounts>, base: UnsafeMutableRawPointer, mappedBytes: Int,
            hold: consuming RingHold
        ) {
            let shared = UnsafeMutablePointer<RingHold>.allocate(capacity: 1)
            unsafe shared.initialize(to: hold)
            producer = unsafe RingMemory(
                counts: counts, base: base, mappedBytes: mappedBytes, hold: shared)
            consumer = unsafe RingMemory(
                counts: counts, base: base, mappedBytes: mappedBytes, hold: shared)
        }
    }

    private init(
        counts: UnsafeMutablePointer<RingCounts>, base: UnsafeMutableRawPointer, mappedBytes: Int,
        hold: UnsafeMutablePointer<RingHold>
    ) {
        unsafe self.counts = counts
        unsafe self.base = base
        self.mappedBytes = mappedBytes
        unsafe self.hold = hold
    }

    deinit {
        // Release: our last writes happen before the other end frees; acquire: its writes before we do.
        let left = unsafe hold.pointee.ends.subtract(1, ordering: .acquiringAndReleasing).newValue
        guard left == 0 else { return }
        if unsafe !hold.pointee.hasFile {
            unsafe counts.deinitialize(count: 1)
            unsafe counts.deallocate()
        }
        unsafe hold.deinitialize(count: 1)
        unsafe hold.deallocate()
    }

    /// The header of the ring's file, mapped; nil where there is no file.
    var fileHeader: UnsafeMutableRawPointer? {
        unsafe hold.pointee.hasFile ? hold.pointee.mapping : nil
    }

    /// The other end has been given up.
    var isAbandoned: Bool {
        @_noAllocation @_noLocks get { unsafe hold.pointee.ends.load(ordering: .acquiring) < 2 }
    }

    /// Locks the pages, so that no page fault waits behind a disk. Not possible is not an error: swap may be
    /// off.
    func lock() -> Bool {
        unsafe csys_lock_memory(base, 2 * mappedBytes) == 0
    }
}
