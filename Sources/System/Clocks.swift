import CSys

/// The kernel's clocks, in nanoseconds (clock_gettime(2)). Any thread.
package enum Clocks {
    /// Since boot, without suspend; what sound cards stamp with. Never steps.
    package static var monotonic: Int64 { csys_monotonic() }
    /// Since boot, suspend included. Never steps.
    package static var boottime: Int64 { csys_boottime() }
    /// Since 1970-01-01T00:00:00Z. Steps when somebody sets the clock.
    package static var realtime: Int64 { csys_realtime() }

    /// Boot time and wall time of one instant: read around each other, so that being interrupted in between
    /// is noticed and tried again. Uncertainty: below a microsecond in practice.
    package static func pair() -> (boottime: Int64, realtime: Int64) {
        for _ in 0..<8 {
            let before = boottime
            let wall = realtime
            let after = boottime
            if after - before < 20_000 { return (before + (after - before) / 2, wall) }
        }
        return (boottime, realtime)
    }
}
