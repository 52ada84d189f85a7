import CSys
import Synchronization

/// A number one thread adds to and any thread reads: frames, xruns. Never reset; read twice to know a rate.
package final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    package init() {}

    /// RT-safe. Any thread.
    @_noAllocation @_noLocks
    package func add(_ amount: UInt64 = 1) { count.add(amount, ordering: .relaxed) }

    /// What had been added some time ago; exact once the adding thread has been joined. RT-safe.
    package var value: UInt64 {
        @_noAllocation @_noLocks get { count.load(ordering: .relaxed) }
    }
}

/// A number one thread sets and any thread reads: a state, a level, a position.
///
/// Who reads a value sees all that the setting thread had done before.
package final class Gauge: Sendable {
    private let current: Atomic<Int64>

    package init(_ value: Int64 = 0) { current = Atomic(value) }

    /// RT-safe. Any thread.
    @_noAllocation @_noLocks
    package func set(_ value: Int64) { current.store(value, ordering: .releasing) }

    /// What was set last. RT-safe.
    package var value: Int64 {
        @_noAllocation @_noLocks get { current.load(ordering: .acquiring) }
    }
}

/// A switch any thread may set and read: stop, muted.
package final class Flag: Sendable {
    private let raised: Atomic<Bool>

    package init(_ value: Bool = false) { raised = Atomic(value) }

    /// RT-safe. Any thread.
    @_noAllocation @_noLocks
    package func set(_ value: Bool) { raised.store(value, ordering: .releasing) }

    /// What was set last. RT-safe.
    package var isRaised: Bool {
        @_noAllocation @_noLocks get { raised.load(ordering: .acquiring) }
    }
}

/// Wakes a sleeping thread or event loop (eventfd(2)).
///
/// Signals are not counted: many before the sleeper looks are one. The sleeper clears first and looks for
/// work after, so a signal that comes in between is kept.
package final class WakeUp: Sendable {
    /// Becomes readable on a signal; owned by this object. An event loop watches a duplicate of it.
    package let fileDescriptor: Int32

    package init() throws(CrossingError) {
        let descriptor = csys_eventfd()
        guard descriptor >= 0 else { throw CrossingError(operation: "eventfd", code: -descriptor) }
        fileDescriptor = descriptor
    }

    deinit { csys_close(fileDescriptor) }

    /// RT-safe. Any thread. One write(2) to a non-blocking descriptor.
    @_noAllocation @_noLocks
    package func signal() {
        let descriptor = fileDescriptor
        unsafe _unsafePerformance { csys_eventfd_signal(descriptor) }
    }

    /// Forgets the signals so far; true if there were any.
    @discardableResult
    package func clear() -> Bool { csys_eventfd_clear(fileDescriptor) == 1 }

    /// Sleeps until a signal, at most `milliseconds` (negative: for ever), and clears; true if there was one.
    package func wait(milliseconds: Int32) -> Bool {
        let readable = csys_wait_readable(fileDescriptor, milliseconds)
        return readable == 1 && clear()
    }
}
