import Glibc

/// How loud a stretch of sound was, in dBFS: decibels below the largest sample, a constant of full scale
/// being 0.
///
/// A sine that just reaches full scale has a peak of 0 and an RMS of −3.01 dBFS.
package struct Level: Hashable, Sendable {
    /// What stands for the logarithm of nothing, in dBFS; nothing is reported below it.
    package static let floorDecibels = -120.0

    /// Frames measured.
    package let frames: Int64
    /// The largest sample, of full scale 1.
    package let peak: Double
    /// The mean of the samples' squares, of full scale 1.
    package let meanSquare: Double
    /// Samples at either end of the 16-bit range: most likely cut off.
    package let clippedSamples: Int64
    /// Frames of nothing but exact zeros. No live microphone delivers many: it is muted, or dead.
    package let zeroFrames: Int64

    /// RT-safe.
    @_noAllocation @_noLocks
    init(frames: Int64, peak: Double, meanSquare: Double, clippedSamples: Int64, zeroFrames: Int64) {
        (self.frames, self.peak, self.meanSquare) = (frames, peak, meanSquare)
        (self.clippedSamples, self.zeroFrames) = (clippedSamples, zeroFrames)
    }

    package var peakDecibels: Double { Self.decibels(peak) }
    package var rmsDecibels: Double { Self.decibels(meanSquare.squareRoot()) }

    private static func decibels(_ ratio: Double) -> Double {
        ratio > 0 ? max(floorDecibels, 20 * log10(ratio)) : floorDecibels
    }
}
