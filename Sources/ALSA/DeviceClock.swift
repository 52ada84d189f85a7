import CALSA
import Glibc

/// The clock every device is told to stamp with: `CLOCK_MONOTONIC`.
package enum DeviceClock {
    /// Nanoseconds of `CLOCK_MONOTONIC`, which stands still while the machine is suspended.
    ///
    /// RT-safe. Answered without entering the kernel.
    @_noAllocation @_noLocks
    package static func now() -> Int64 {
        unsafe _unsafePerformance { calsa_now(CLOCK_MONOTONIC) }
    }

    /// Nanoseconds the machine has spent suspended since boot: what the device clock did not count.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package static func suspended() -> Int64 {
        unsafe _unsafePerformance { calsa_now(CLOCK_BOOTTIME) - calsa_now(CLOCK_MONOTONIC) }
    }
}
