import Audio

/// From one connection's audio time to the session's timeline.
///
/// The service counts the audio it received on this connection, from zero; the timeline counts on through
/// gaps. Each gap, replay or mute starts a new segment, so the map is a list of straight pieces:
///
///     connection frame  0 ──────────── 3 200 ──────── 6 400
///     position       16 000 ──── 19 200 ┊ 48 000 ─── 51 200
package struct StreamMap: Sendable {
    private struct Segment {
        /// Frames sent on this connection before the segment.
        let sent: Int64
        let position: StreamPosition
    }

    package let rate: SampleRate
    private var segments: [Segment] = []
    /// Frames sent on this connection so far.
    package private(set) var sent = FrameCount.zero

    package init(rate: SampleRate) { self.rate = rate }

    /// Where the next frame sent will be if it adjoins the last one; nil before the first.
    package var end: StreamPosition? {
        segments.last.map { $0.position + (sent - FrameCount($0.sent)) }
    }

    /// Where the first frame sent on this connection lies; nil before it.
    package var start: StreamPosition? { segments.first?.position }

    /// Notes that `frames` from `position` on were sent.
    package mutating func append(_ frames: FrameCount, at position: StreamPosition) {
        if end != position { segments.append(Segment(sent: sent.value, position: position)) }
        sent += frames
    }

    /// The position of the audio `seconds` after the start of this connection, rounded to the nearest frame;
    /// beyond what was sent: the end. Nil before anything was sent.
    ///
    /// The service's times carry the noise of 32-bit floats (1.1999999), so rounding is right and exact.
    /// At the joint of two segments the answer is the later one's start, or with `asEnd` the earlier one's
    /// end.
    package func position(seconds: Double, asEnd: Bool = false) -> StreamPosition? {
        guard seconds.isFinite, let first = segments.first else { return segments.first?.position }
        let nominal = (seconds * Double(rate.hertz)).rounded()
        let frame = Int64(max(0, min(nominal, Double(sent.value))))
        let segment = segments.last { asEnd ? $0.sent < frame : $0.sent <= frame } ?? first
        return segment.position + FrameCount(frame - segment.sent)
    }

    /// Forgets the segments that lie wholly before the audio `seconds` after this connection's start, so that
    /// a connection open for months does not grow.
    package mutating func forget(beforeSeconds seconds: Double) {
        guard seconds.isFinite else { return }
        let frame = Int64(max(0, min(seconds * Double(rate.hertz), Double(sent.value))))
        guard let keep = segments.lastIndex(where: { $0.sent <= frame }), keep > 0 else { return }
        segments.removeFirst(keep)
    }
}
