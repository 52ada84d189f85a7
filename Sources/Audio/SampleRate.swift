/// Frames per second of one stream.
package struct SampleRate: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// What sound cards and codecs of this product offer, in hertz.
    package static let supported = 8_000...192_000

    /// Frames per second, in hertz.
    package let hertz: Int

    /// A rate of `hertz` frames per second; `hertz` is positive.
    package init(hertz: Int) {
        precondition(hertz > 0, "a sample rate is positive")
        self.hertz = hertz
    }

    package static func < (left: SampleRate, right: SampleRate) -> Bool {
        left.hertz < right.hertz
    }

    /// How many whole frames pass in `milliseconds` at this rate, rounded down.
    ///
    /// 20 ms: 320 at 16 kHz, 441 at 22.05 kHz, 960 at 48 kHz.
    package func frames(inMilliseconds milliseconds: Int) -> FrameCount {
        FrameCount(Int64(hertz) * Int64(milliseconds) / 1_000)
    }

    /// How many whole frames pass in `nanoseconds` at this rate, rounded to the nearest.
    package func frames(inNanoseconds nanoseconds: Int64) -> FrameCount {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let half: Int64 = rest < 0 ? -500_000_000 : 500_000_000
        return FrameCount(seconds * Int64(hertz) + (rest * Int64(hertz) + half) / 1_000_000_000)
    }
}
