import Glibc

/// A factor on every sample.
package struct Gain: Hashable, Sendable {
    /// Changes nothing, not even by rounding.
    package static let unity = Gain(decibels: 0)

    package let decibels: Double
    /// 10^(decibels / 20): 2 is 6.02 dB.
    package let factor: Double

    /// `decibels` is a number below infinity; minus infinity makes silence.
    package init(decibels: Double) {
        precondition(decibels < .infinity, "a gain is a number")
        self.decibels = decibels
        self.factor = pow(10, decibels / 20)
    }

    /// Multiplies each sample in place, rounded to the nearest, ties to even; what would exceed full scale is
    /// clipped.
    ///
    /// RT-safe. Wait-free: a few operations for each sample, none at unity.
    @_noAllocation @_noLocks
    package func apply(to samples: inout MutableSpan<Int16>) {
        guard factor != 1 else { return }
        for index in 0..<samples.count {
            samples[index] = Int16(fullScale: samples[index].fullScale * factor)
        }
    }

    /// Multiplies each sample in place; what would exceed ±1 is clipped, what is not a number becomes 0.
    ///
    /// RT-safe. Wait-free: a few operations for each sample, none at unity.
    @_noAllocation @_noLocks
    package func apply(to samples: inout MutableSpan<Float>) {
        guard factor != 1 else { return }
        for index in 0..<samples.count {
            samples[index] = Float(fullScale: samples[index].fullScale * factor)
        }
    }
}
