// A real-time thread's hold on a signal. Reaching an object through a stored property counts a reference up
// and down, which the compiler's real-time check refuses; these keep the object alive once and reach it
// without counting.

/// A `Counter` as a real-time thread holds it.
@safe package struct RealtimeCounter: ~Copyable {
    private let reference: Unmanaged<Counter>

    package init(_ counter: Counter) {
        unsafe reference = .passRetained(counter)
    }

    deinit { unsafe reference.release() }

    /// RT-safe.
    @_noAllocation @_noLocks
    package func add(_ amount: UInt64) { unsafe reference._withUnsafeGuaranteedRef { $0.add(amount) } }
}

/// A `Gauge` as a real-time thread holds it.
@safe package struct RealtimeGauge: ~Copyable {
    private let reference: Unmanaged<Gauge>

    package init(_ gauge: Gauge) {
        unsafe reference = .passRetained(gauge)
    }

    deinit { unsafe reference.release() }

    /// RT-safe.
    @_noAllocation @_noLocks
    package func set(_ value: Int64) { unsafe reference._withUnsafeGuaranteedRef { $0.set(value) } }

    /// RT-safe.
    package var value: Int64 {
        @_noAllocation @_noLocks get { unsafe reference._withUnsafeGuaranteedRef { $0.value } }
    }
}

/// A `WakeUp` as a real-time thread holds it.
@safe package struct RealtimeWakeUp: ~Copyable {
    private let reference: Unmanaged<WakeUp>

    package init(_ wake: WakeUp) {
        unsafe reference = .passRetained(wake)
    }

    deinit { unsafe reference.release() }

    /// RT-safe. One write(2) to a non-blocking descriptor.
    @_noAllocation @_noLocks
    package func signal() { unsafe reference._withUnsafeGuaranteedRef { $0.signal() } }
}
