/// The numbers of keeping a device.
package enum RecoveryLimits {
    /// Pauses between attempts to open, in milliseconds; the last one is repeated.
    ///
    /// A device replugged right after an attempt is missed for 800 ms, then opened and started within 100 ms:
    /// less than the second that a replug may cost. An attempt parses ALSA's configuration, 5 to 15 ms of
    /// processor time, so waiting for a card takes 1 to 2 % of a core.
    package static let openPausesMilliseconds: [Int32] = [250, 500, 800]

    /// Overruns in a row, with no frame moved between them, after which the handle is given up. A sound
    /// server that died under its plug-in answers EPIPE for ever.
    package static let barrenXruns = 5

    /// How long to let a waking device wake, between two looks, in milliseconds.
    package static let resumePauseMilliseconds: Int32 = 100
    /// Looks after which a suspended device is opened afresh: 50 × 100 ms = 5 s.
    package static let resumeLooks = 50

    /// No frame for so long, though the device claims to run, is a hang: the longer of 500 ms and ten
    /// periods. In nanoseconds.
    ///
    ///     period 10 ms → 500 ms     period 20 ms → 500 ms     period 100 ms → 1 s
    package static func hangNanoseconds(periodNanoseconds: Int64) -> Int64 {
        max(500_000_000, 10 * periodNanoseconds)
    }

    /// How long one wait for the device may take, in milliseconds: two periods, so that the end of the
    /// program and a hang are noticed also where the device says nothing.
    package static func waitMilliseconds(periodNanoseconds: Int64) -> Int32 {
        Int32(clamping: min(250, max(20, 2 * periodNanoseconds / 1_000_000)))
    }

    /// Empty wakes in a row after which the thread naps for a millisecond: PipeWire's plug-in keeps its
    /// descriptor readable all the time, which would let a real-time thread eat a core.
    ///
    /// RT-safe.
    package static var emptyWakes: Int {
        @_noAllocation @_noLocks get { 8 }
    }
}
