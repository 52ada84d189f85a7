import ALSA

/// What one step of an engine came to.
package enum DeviceStep: Sendable, BitwiseCopyable, Equatable {
    /// Frames were moved.
    case moved
    /// Nothing to do yet.
    case idle
    /// The descriptor keeps waking for nothing: let others run for a millisecond.
    case nap
    /// The device claims to run, but no frame came for too long.
    case hung
    case trouble(PCMTrouble)
}

/// Why a handle was given up.
package enum DeviceEnd: Sendable, BitwiseCopyable, Equatable {
    case stopped
    case hung
    case lost(PCMTrouble)
}

/// What moves frames between a device and a ring, while a ``DeviceKeeper`` keeps the device open.
///
/// All on the keeper's thread. Only ``step(_:)`` is on the real-time path.
package protocol DeviceEngine: ~Copyable {
    /// A device is open, configured, prepared and empty: begin. Returns what went wrong, if anything.
    mutating func begin(_ pcm: inout PCM, _ setup: PCMSetup) -> PCMTrouble?

    /// Waits for the device once and moves what there is to move.
    ///
    /// RT-safe: allocates nothing, locks nothing, waits for the device alone.
    mutating func step(_ pcm: inout PCM) -> DeviceStep

    /// The device recovered from `trouble` and is prepared and empty: start it again.
    mutating func restart(_ pcm: inout PCM, after trouble: PCMTrouble) -> PCMTrouble?

    /// The device recovered from `trouble` by itself and runs.
    mutating func proceed(_ pcm: inout PCM, after trouble: PCMTrouble)

    /// The handle is closed.
    mutating func closed(_ end: DeviceEnd)

    /// There is no device for the time being; called before each pause between attempts to open one.
    mutating func absent()
}
