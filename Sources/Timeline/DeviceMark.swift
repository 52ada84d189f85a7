import Audio

/// What happened to time beside a sample ring: travels in a mark ring next to the samples it is about.
///
/// A mark is pushed before the bytes at `offset` are committed, so whoever sees the bytes sees the mark.
package struct DeviceMark: Sendable, BitwiseCopyable {
    /// What happened at a mark's offset.
    package enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// The device (re)opened: from `offset` on the bytes have `format`.
        case opened
        /// The frame at `offset` was captured (or will be heard) at `monotonicNanoseconds`.
        case time
        /// `missing` frames are absent right before `offset`, for `cause`.
        case missing
        /// The device went away after the bytes before `offset`, for `cause`.
        case closed
    }

    package var kind: Kind
    /// Only with `.missing` and `.closed`.
    package var cause: GapCause
    /// Bytes written to the sample ring before this mark, since the ring was made. Never wraps.
    package var offset: UInt64
    /// `CLOCK_MONOTONIC` of the event, in nanoseconds, as the device stamps it; 0 = not known.
    package var monotonicNanoseconds: Int64
    /// Frames at the device's rate; 0 where it does not apply. With `.missing`: how many are absent.
    package var missing: Int64
    /// What the bytes after this mark are.
    package var format: PCMFormat

    package init(
        kind: Kind, cause: GapCause = .deviceError, offset: UInt64, monotonicNanoseconds: Int64,
        missing: Int64 = 0, format: PCMFormat
    ) {
        self.kind = kind
        self.cause = cause
        self.offset = offset
        self.monotonicNanoseconds = monotonicNanoseconds
        self.missing = missing
        self.format = format
    }
}
