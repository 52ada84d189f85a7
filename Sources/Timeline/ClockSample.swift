import Audio

/// An instant of `CLOCK_BOOTTIME`: nanoseconds since boot, suspend included. It never steps.
package struct BootTime: Hashable, Comparable, Sendable, BitwiseCopyable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (left: BootTime, right: BootTime) -> Bool { left.nanoseconds < right.nanoseconds }
    package static func + (left: BootTime, right: Duration) -> BootTime {
        BootTime(nanoseconds: left.nanoseconds + right.wholeNanoseconds)
    }
    package static func - (left: BootTime, right: BootTime) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }
}

extension Duration {
    /// This duration in nanoseconds, rounded down; 292 years either way.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

/// A wall-clock instant: nanoseconds since 1970-01-01T00:00:00Z, as `CLOCK_REALTIME` counts.
package struct WallTime: Hashable, Comparable, Sendable, BitwiseCopyable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (left: WallTime, right: WallTime) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// Both clocks read together, off the audio threads. Wall time is boot time plus an offset; the offset steps
/// when somebody sets the clock.
package struct ClockSample: Hashable, Sendable, BitwiseCopyable {
    package let boot: BootTime
    package let wall: WallTime

    package init(boot: BootTime, wall: WallTime) {
        self.boot = boot
        self.wall = wall
    }

    /// Wall time minus boot time, in nanoseconds.
    package var offset: Int64 { wall.nanoseconds - boot.nanoseconds }

    /// The wall time of `instant` as this sample sees it.
    package func wallTime(of instant: BootTime) -> WallTime {
        WallTime(nanoseconds: instant.nanoseconds + offset)
    }
}
