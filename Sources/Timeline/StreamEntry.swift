import Audio

/// The header of one record of the retransmission queue. Records come in the order of the timeline and
/// adjoin: a record's `end` is the next one's `position`.
package struct StreamEntry: Sendable, BitwiseCopyable, Equatable {
    /// Whether a stretch of the stream has audio.
    package enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// Encoded audio: the record's payload is one packet, to be sent as one message.
        case packet
        /// No audio for `frames` positions, for `cause`; no payload.
        case gap
    }

    package var kind: Kind
    /// Only with `.gap`.
    package var cause: GapCause
    /// The position of the first frame.
    package var position: StreamPosition
    /// Positions covered, at the uplink rate; positive.
    package var frames: FrameCount
    /// When the first frame was captured.
    package var capturedAt: BootTime

    package init(
        kind: Kind, cause: GapCause = .expired, position: StreamPosition, frames: FrameCount,
        capturedAt: BootTime
    ) {
        self.kind = kind
        self.cause = cause
        self.position = position
        self.frames = frames
        self.capturedAt = capturedAt
    }

    package var end: StreamPosition { position + frames }
}

/// What a reader of the retransmission queue finds at a position.
package enum StreamLookup: Sendable, Equatable {
    /// The record that begins there.
    case entry(StreamEntry)
    /// There is a record, but it has to be fetched from the disk first: look again when told.
    case loading
    /// Nothing has been appended there yet.
    case none
}
