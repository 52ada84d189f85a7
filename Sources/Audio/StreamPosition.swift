/// A place on a session's timeline: nominal uplink frames since the session's start.
///
/// Clock domain: the capture device's sample clock, counted at the uplink rate. It never wraps (Int64
/// lasts 18 million years at 16 kHz), never steps back, and runs on through gaps: a gap occupies positions.
package struct StreamPosition: Hashable, Comparable, Sendable, BitwiseCopyable {
    package static let start = StreamPosition(frames: 0)

    /// Uplink frames since the session's start.
    package var frames: Int64

    package init(frames: Int64) { self.frames = frames }

    package static func < (left: StreamPosition, right: StreamPosition) -> Bool {
        left.frames < right.frames
    }
    package static func + (left: StreamPosition, right: FrameCount) -> StreamPosition {
        StreamPosition(frames: left.frames + right.value)
    }
    package static func - (left: StreamPosition, right: FrameCount) -> StreamPosition {
        StreamPosition(frames: left.frames - right.value)
    }
    package static func - (left: StreamPosition, right: StreamPosition) -> FrameCount {
        FrameCount(left.frames - right.frames)
    }
    package static func += (left: inout StreamPosition, right: FrameCount) { left.frames += right.value }

    /// Seconds since the session's start at `rate`, the uplink rate.
    package func seconds(at rate: SampleRate) -> Double { Double(frames) / Double(rate.hertz) }
}
