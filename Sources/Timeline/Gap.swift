import Audio

/// A stretch of the timeline that has no audio, and why.
package struct Gap: Hashable, Sendable {
    package let start: StreamPosition
    /// The first position that has audio again; greater than `start`.
    package let end: StreamPosition
    package let cause: GapCause

    package init(start: StreamPosition, end: StreamPosition, cause: GapCause) {
        precondition(start < end, "a gap has a length")
        self.start = start
        self.end = end
        self.cause = cause
    }

    package var length: FrameCount { end - start }
}
