import Audio

/// Makes what a device takes of mono working samples: every channel the same, in any format.
package struct PlaybackConversion: Sendable {
    package let format: PCMFormat
    package let gain: Gain
    private let bytesPerSample: Int

    /// Throws `channelsUnsupported`.
    package init(format: PCMFormat, gain: Gain = .unity) throws(SignalError) {
        guard PCMFormat.supportedChannels.contains(format.channels) else {
            throw .channelsUnsupported(format.channels)
        }
        self.format = format
        self.gain = gain
        self.bytesPerSample = format.sample.bytesPerSample
    }

    /// Converts all of `samples` to the start of `bytes`, with `gain`, and returns how many bytes they made.
    ///
    /// RT-safe. Wait-free: a few operations for each sample.
    /// Units: `bytes` holds `format.bytesPerFrame` for each sample, or more. Rounded once, at the device's
    /// format, so that a low gain keeps what 16 bits would lose; clipped at full scale.
    @_noAllocation @_noLocks
    package func convert(_ samples: Span<Int16>, into bytes: inout MutableRawSpan) -> Int {
        let (byteCount, capacity) = (samples.count * format.channels * bytesPerSample, bytes.byteCount)
        precondition(byteCount <= capacity, "the buffer holds every frame")
        var offset = 0
        for index in 0..<samples.count {
            let value = samples[index].fullScale * gain.factor
            for _ in 0..<format.channels {
                format.sample.write(value, to: &bytes, at: offset)
                offset += bytesPerSample
            }
        }
        return byteCount
    }
}
