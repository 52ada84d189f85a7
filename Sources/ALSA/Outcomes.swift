import Glibc

/// Why a device moves no frames, sorted by what brings it back.
package enum PCMTrouble: Sendable, BitwiseCopyable, Equatable {
    /// The device ran over or dry and stopped (EPIPE). Remedy: recover, fill (playback), start.
    case xrun
    /// The machine was suspended (ESTRPIPE). Remedy: recover, then look at what it answers.
    case suspended
    /// Unplugged, failed, or its sound server ended (ENODEV, EBADFD, EIO, ECONNREFUSED …, as a negative
    /// errno). This handle never comes back. Remedy: close it, wait for the card, open again.
    case gone(code: Int32)

    /// What the negative errno `code` of libasound means. EIO and EBADFD are taken at their word: after
    /// neither does a handle come back.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package init(code: Int32) {
        switch code {
        case -EPIPE: self = .xrun
        case -ESTRPIPE: self = .suspended
        default: self = .gone(code: code)
        }
    }

    /// The negative errno that says the same.
    package var code: Int32 {
        switch self {
        case .xrun: -EPIPE
        case .suspended: -ESTRPIPE
        case .gone(let code): code
        }
    }

    /// The card was taken away, as opposed to failing.
    package var isRemoval: Bool {
        guard case .gone(let code) = self else { return false }
        return code == -ENODEV || code == -EBADFD || code == -ENXIO
    }
}

/// What a wait for the device ended with.
package enum WaitOutcome: Sendable, BitwiseCopyable, Equatable {
    /// At least one period can be transferred.
    case ready
    /// The descriptor woke for nothing. Wait again.
    case spurious
    /// Nothing happened in the time given. Wait again; too often means that the device hangs: open it again.
    case timedOut
    case trouble(PCMTrouble)
}

/// What a read or write ended with.
package enum TransferOutcome: Sendable, BitwiseCopyable, Equatable {
    /// This many frames were moved; possibly fewer than asked for, never zero.
    case moved(frames: Int)
    /// Nothing can be moved now. Wait first.
    case notReady
    case trouble(PCMTrouble)
}

/// What the device is ready for after ``PCM/recover(from:)``.
package enum RecoverOutcome: Sendable, BitwiseCopyable, Equatable {
    /// Stopped and empty. Fill it (playback) and start it.
    case prepared
    /// It went on by itself. Do not start it: that would be an error.
    case running
    /// Not awake yet. Ask again after a while.
    case notYet
    /// This handle is of no use any more. Close it and open again.
    case failed(code: Int32)
}

/// An answer of the device's clock.
package struct DeviceInstant: Sendable, BitwiseCopyable, Equatable {
    /// Frames that can be transferred without waiting.
    package let availableFrames: Int
    /// `CLOCK_MONOTONIC` at which that was so, in nanoseconds.
    package let monotonicNanoseconds: Int64

    /// RT-safe.
    @_noAllocation @_noLocks
    package init(availableFrames: Int, monotonicNanoseconds: Int64) {
        self.availableFrames = availableFrames
        self.monotonicNanoseconds = monotonicNanoseconds
    }
}
