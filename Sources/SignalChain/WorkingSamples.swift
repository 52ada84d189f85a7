/// From one kind of working sample to the other.
package enum WorkingSamples {
    /// Writes `samples` as full scale ±1 to the start of `target`; exact.
    ///
    /// RT-safe. Wait-free: one operation for each sample.
    /// `target` holds as many samples, or more.
    @_noAllocation @_noLocks
    package static func expand(_ samples: Span<Int16>, into target: inout MutableSpan<Float>) {
        let (count, capacity) = (samples.count, target.count)
        precondition(count <= capacity, "the buffer holds every sample")
        for index in 0..<count { target[index] = Float(fullScale: samples[index].fullScale) }
    }

    /// Writes `samples` of full scale ±1 to the start of `target`, rounded to the nearest, ties to even; what
    /// lies beyond full scale is clipped, what is not a number becomes 0. Undoes `expand` exactly.
    ///
    /// RT-safe. Wait-free: a few operations for each sample.
    /// `target` holds as many samples, or more.
    @_noAllocation @_noLocks
    package static func quantise(_ samples: Span<Float>, into target: inout MutableSpan<Int16>) {
        let (count, capacity) = (samples.count, target.count)
        precondition(count <= capacity, "the buffer holds every sample")
        for index in 0..<count { target[index] = Int16(fullScale: samples[index].fullScale) }
    }
}
