import CSys
import Synchronization

/// What both ends of a ring point at: two counts, each on its own pair of cache lines, and the bytes.
///
///     released ≤ committed ≤ released + capacity
///
/// Both count bytes since the ring was made and never wrap (2⁶⁴ bytes: 3 000 years of 8 × 192 kHz × 4 bytes).
/// `committed` is written by the producer alone, `released` by the consumer alone.
struct RingHeader: ~Copyable {
    let committed = Atomic<UInt64>(0)
    private let padding1 = InlineArray<15, UInt64>(repeating: 0)
    let released = Atomic<UInt64>(0)
    private let padding2 = InlineArray<15, UInt64>(repeating: 0)
    /// Ends still in use; whoever takes it to zero frees everything.
    let ends = Atomic<Int>(2)
}

/// One end's hold on the shared part. The last of the two to go frees it.
@safe struct RingMemory: ~Copyable, @unchecked Sendable {
    let header: UnsafeMutablePointer<RingHeader>
    /// Mapped twice in a row, so that every region of at most `mappedBytes` is contiguous.
    let base: UnsafeMutableRawPointer
    let mappedBytes: Int

    /// Both halves of a new ring of at least `capacityBytes`; whole pages, a power of two, zeroed and
    /// touched.
    static func make(capacityBytes: Int) throws(CrossingError) -> (base: UnsafeMutableRawPointer, bytes: Int)
    {
        precondition(capacityBytes > 0 && capacityBytes <= 1 << 30, "a ring holds 1 byte to 1 GiB")
        var bytes = 65_536  // a multiple of every page size Linux uses on the supported boards
        while bytes < capacityBytes { bytes *= 2 }
        var base: UnsafeMutableRawPointer?
        let result = unsafe csys_map_twice(bytes, &base)
        guard result == 0, let base = unsafe base else {
            throw CrossingError(operation: "mmap", code: -result)
        }
        return unsafe (base, bytes)
    }

    init(header: UnsafeMutablePointer<RingHeader>, base: UnsafeMutableRawPointer, mappedBytes: Int) {
        unsafe self.header = header
        unsafe self.base = base
        self.mappedBytes = mappedBytes
    }

    deinit {
        // Release: our last writes happen before the other end frees; acquire: its writes before we do.
        let left = unsafe header.pointee.ends.subtract(1, ordering: .acquiringAndReleasing).newValue
        guard left == 0 else { return }
        unsafe csys_unmap_twice(base, mappedBytes)
        unsafe header.deinitialize(count: 1)
        unsafe header.deallocate()
    }

    /// The other end has been given up.
    var isAbandoned: Bool {
        @_noAllocation @_noLocks get { unsafe header.pointee.ends.load(ordering: .acquiring) < 2 }
    }

    /// Locks the pages, so that no page fault waits behind a disk. Not possible is not an error: swap may be
    /// off.
    func lock() -> Bool {
        unsafe csys_lock_memory(base, 2 * mappedBytes) == 0
    }
}
