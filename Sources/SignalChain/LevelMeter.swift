/// Measures sound block after block; `take` closes a stretch and says how loud it was.
///
/// Pure arithmetic. A stretch may be of any length: nothing in it overflows.
package struct LevelMeter: Sendable {
    /// Samples per frame.
    package let channels: Int
    /// The frames of exact zeros just behind, over all blocks and stretches; 0 when the last frame held
    /// sound.
    package private(set) var zeroRunFrames: Int64 = 0
    /// Frames in the present stretch.
    package var framesMeasured: Int64 { frames }
    private var frames: Int64 = 0
    private var peak: Int64 = 0
    private var squares = 0.0
    private var clippedSamples: Int64 = 0
    private var zeroFrames: Int64 = 0

    /// A meter of interleaved sound that has measured nothing.
    package init(channels: Int = 1) {
        precondition(channels > 0, "a stream has a channel")
        self.channels = channels
    }

    /// Adds `samples`, interleaved and in whole frames, to the present stretch.
    ///
    /// RT-safe. Wait-free: a few operations for each sample.
    @_noAllocation @_noLocks
    package mutating func measure(_ samples: Span<Int16>) {
        let (count, remainder) = samples.count.quotientAndRemainder(dividingBy: channels)
        precondition(remainder == 0, "samples come in whole frames")
        var blockSquares: Int64 = 0
        for frame in 0..<count {
            var sounding = false
            for index in frame * channels..<(frame + 1) * channels {
                let sample = samples[index]
                let magnitude = Int64(sample.magnitude)
                sounding = sounding || magnitude != 0
                peak = max(peak, magnitude)
                blockSquares += magnitude * magnitude
                clippedSamples += sample == 32_767 || sample == -32_768 ? 1 : 0
            }
            zeroFrames += sounding ? 0 : 1
            zeroRunFrames = sounding ? 0 : zeroRunFrames + 1
        }
        squares += Double(blockSquares)
        frames += Int64(count)
    }

    /// What was measured since the last call; the next stretch begins empty.
    ///
    /// RT-safe. Wait-free.
    @_noAllocation @_noLocks
    package mutating func take() -> Level {
        let samples = Double(max(1, frames * Int64(channels)))
        let level = Level(
            frames: frames, peak: Double(peak) / 32_768,
            meanSquare: squares / samples / 0x1p30,
            clippedSamples: clippedSamples, zeroFrames: zeroFrames)
        (frames, peak, squares, clippedSamples, zeroFrames) = (0, 0, 0, 0, 0)
        return level
    }
}
