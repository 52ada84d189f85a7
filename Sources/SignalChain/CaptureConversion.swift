import Audio

/// Makes working samples of what a device delivers: any format in, the selected channels out.
///
/// 16-bit samples that are not mixed come out as they went in, whether by way of `Int16` or of `Float`.
package struct CaptureConversion: Sendable {
    package let format: PCMFormat
    package let selection: ChannelSelection
    /// Samples per frame that go on.
    package let channels: Int

    /// Sample *i* of those that go on lies at `firstByte` + *i* × `stride`; a mix sums `summands` adjacent
    /// ones.
    private let firstByte, stride, summands: Int
    private let bytesPerSample, bytesPerFrame: Int

    /// Throws `channelsUnsupported`, or `channelMissing` if `selection` picks a channel that `format` lacks.
    package init(format: PCMFormat, selection: ChannelSelection) throws(SignalError) {
        guard PCMFormat.supportedChannels.contains(format.channels) else {
            throw .channelsUnsupported(format.channels)
        }
        if case .pick(let index) = selection, !(0..<format.channels).contains(index) {
            throw .channelMissing(index: index, channels: format.channels)
        }
        self.format = format
        self.selection = selection
        self.channels = selection.count(of: format.channels)
        self.bytesPerSample = format.sample.bytesPerSample
        self.bytesPerFrame = format.bytesPerFrame
        switch selection {
        case .pick(let index): (firstByte, stride, summands) = (index * bytesPerSample, bytesPerFrame, 1)
        case .mix: (firstByte, stride, summands) = (0, bytesPerFrame, format.channels)
        case .all: (firstByte, stride, summands) = (0, bytesPerSample, 1)
        }
    }

    /// Converts all of `bytes`, whole frames of `format`, to the start of `samples` and returns how many
    /// frames they were.
    ///
    /// RT-safe. Wait-free: a few operations for each sample.
    /// Units: `samples` is interleaved and holds `channels` for each frame, or more.
    @_noAllocation @_noLocks
    package func convert(_ bytes: RawSpan, into samples: inout MutableSpan<Int16>) -> Int {
        let frames = frames(in: bytes.byteCount, capacity: samples.count)
        for index in 0..<frames * channels { samples[index] = Int16(fullScale: value(bytes, index)) }
        return frames
    }

    /// The same with full scale ±1: keeps more than 16 bits for what comes before the final rounding, such as
    /// gain.
    ///
    /// RT-safe. Wait-free: a few operations for each sample.
    @_noAllocation @_noLocks
    package func convert(_ bytes: RawSpan, into samples: inout MutableSpan<Float>) -> Int {
        let frames = frames(in: bytes.byteCount, capacity: samples.count)
        for index in 0..<frames * channels { samples[index] = Float(fullScale: value(bytes, index)) }
        return frames
    }

    /// How many frames `byteCount` bytes hold; traps unless they are whole and fit `capacity`. RT-safe.
    @_noAllocation @_noLocks
    private func frames(in byteCount: Int, capacity: Int) -> Int {
        let (frames, rest) = byteCount.quotientAndRemainder(dividingBy: bytesPerFrame)
        precondition(rest == 0, "bytes come in whole frames")
        precondition(frames * channels <= capacity, "the buffer holds every frame")
        return frames
    }

    /// Sample `index` of those that go on. RT-safe.
    @_noAllocation @_noLocks @inline(__always)
    private func value(_ bytes: RawSpan, _ index: Int) -> Double {
        var offset = firstByte + index * stride
        var value = format.sample.read(bytes, at: offset)
        guard summands > 1 else { return value }
        for _ in 1..<summands {
            offset += bytesPerSample
            value += format.sample.read(bytes, at: offset)
        }
        return value / Double(summands)
    }
}
