/// A number of frames; one frame is one sample per channel. Says nothing of a rate.
package struct FrameCount: Hashable, Comparable, Sendable, BitwiseCopyable {
    package static let zero = FrameCount(0)

    /// The count; negative only as a difference.
    package var value: Int64

    package init(_ value: Int64) { self.value = value }
    package init(_ value: Int) { self.value = Int64(value) }

    package static func < (left: FrameCount, right: FrameCount) -> Bool { left.value < right.value }
    package static func + (left: FrameCount, right: FrameCount) -> FrameCount {
        FrameCount(left.value + right.value)
    }
    package static func - (left: FrameCount, right: FrameCount) -> FrameCount {
        FrameCount(left.value - right.value)
    }
    package static func += (left: inout FrameCount, right: FrameCount) { left.value += right.value }
    package static func -= (left: inout FrameCount, right: FrameCount) { left.value -= right.value }

    /// How long this many frames last at `rate`, in nanoseconds, rounded down; exact for whole milliseconds.
    package func nanoseconds(at rate: SampleRate) -> Int64 {
        let (seconds, rest) = value.quotientAndRemainder(dividingBy: Int64(rate.hertz))
        return seconds * 1_000_000_000 + rest * 1_000_000_000 / Int64(rate.hertz)
    }

    /// How long this many frames last at `rate`, in seconds.
    package func seconds(at rate: SampleRate) -> Double {
        Double(value) / Double(rate.hertz)
    }

    /// As many frames as last equally long at `target`, rounded to the nearest.
    package func converted(from source: SampleRate, to target: SampleRate) -> FrameCount {
        let (whole, rest) = value.quotientAndRemainder(dividingBy: Int64(source.hertz))
        let half = Int64(source.hertz) / 2 * (rest < 0 ? -1 : 1)
        let part = (rest * Int64(target.hertz) + half) / Int64(source.hertz)
        return FrameCount(whole * Int64(target.hertz) + part)
    }
}
