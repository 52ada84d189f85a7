/// Why a stretch of the timeline has no audio.
package enum GapCause: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// The device overran: frames were lost in the card before they could be read.
    case xrun
    /// The machine was suspended.
    case suspend
    /// The capture device was absent, or had not appeared yet.
    case unplugged
    /// The device failed otherwise and was reopened, or lost frames without a word.
    case deviceError
    /// Capture ran ahead of the uplink: a ring was full.
    case overflow
    /// Muted by a person or a program.
    case muted
    /// Paused by a person or a program.
    case paused
    /// The program was not running.
    case restart
    /// Older than the delivery policy wants, or beyond the journal's bounds.
    case expired
    /// The daily cap on streamed audio was reached.
    case quota
    /// Captured, then taken back unsent because somebody muted.
    case purged
    /// Captured, then damaged where it was kept: a torn write, a bad block.
    case damaged

    /// The word used in the transcript, the status and the log.
    package var name: String {
        switch self {
        case .xrun: "xrun"
        case .suspend: "suspend"
        case .unplugged: "unplugged"
        case .deviceError: "device_error"
        case .overflow: "overflow"
        case .muted: "muted"
        case .paused: "paused"
        case .restart: "restart"
        case .expired: "expired"
        case .quota: "quota"
        case .purged: "purged"
        case .damaged: "damaged"
        }
    }
}
