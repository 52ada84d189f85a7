import Audio
import CSpeexDSP

/// Takes interleaved sound from one rate to another, block after block, with no seam and no drift.
///
/// Output frame *k* stands for the instant *k* / `target` after input frame 0: the filter's delay is already
/// subtracted. Of *n* input frames come, the tail included, ⌈*n* × `target` / `source`⌉ output frames, which
/// are all whose instants lie within the input, however the input was cut into blocks.
///
///     48 → 16 kHz   in   0  1  2  3  4  5  6  7 │ 8          7 frames in: 3 out, at 0, 3 and 6
///                   out  0        1        2    │            the fraction is carried into the next block
///
/// Equal rates pass every sample unchanged and at once. Allocates when made and nothing afterwards.
/// Used by one thread at a time.
@safe
package struct Resampler: ~Copyable {
    package static let qualities = 0...10
    /// Flat to 0.87 of half the lower rate (6.9 kHz towards 16 kHz), 90 dB down from that half on.
    package static let defaultQuality = 5

    package let source: SampleRate
    package let target: SampleRate
    /// Samples per frame.
    package let channels: Int
    /// How far the input must be ahead before an output frame can be made, in frames of `source` and of
    /// `target`.
    package let inputLatency, outputLatency: FrameCount

    /// Nil where the rates are equal.
    private let filter: OpaquePointer?
    /// Frames of silence still to push the tail out; less than `inputLatency` only during a flush.
    private var tailFrames: Int

    /// What one call did.
    package struct Progress: Equatable, Sendable {
        /// Frames of input it is done with; the caller passes the rest again.
        package let consumedFrames: Int
        /// Frames of output it wrote.
        package let producedFrames: Int

        /// RT-safe.
        @_noAllocation @_noLocks
        init(consumedFrames: Int, producedFrames: Int) {
            self.consumedFrames = consumedFrames
            self.producedFrames = producedFrames
        }
    }

    /// A resampler that has heard nothing yet.
    ///
    /// `channels` are 1 to 8; `quality` is one of `qualities`, the lowest being the cheapest.
    package init(
        from source: SampleRate, to target: SampleRate, channels: Int = 1, quality: Int = defaultQuality
    ) throws(SignalError) {
        guard PCMFormat.supportedChannels.contains(channels) else { throw .channelsUnsupported(channels) }
        guard Self.qualities.contains(quality) else { throw .qualityOutOfRange(quality) }
        let filter =
            unsafe source == target
            ? nil : try Self.makeFilter(from: source, to: target, channels: channels, quality: quality)
        let (input, output) = unsafe Self.latencies(of: filter)
        self.source = source
        self.target = target
        self.channels = channels
        self.inputLatency = FrameCount(input)
        self.outputLatency = FrameCount(output)
        self.tailFrames = input
        unsafe self.filter = filter
    }

    deinit {
        if let filter = unsafe filter { unsafe speex_resampler_destroy(filter) }
    }

    /// No call makes more frames than this of `inputFrames`, whatever fraction was carried.
    package func outputFramesMax(of inputFrames: Int) -> Int {
        (inputFrames * target.hertz + source.hertz - 1) / source.hertz
    }

    /// Forgets all sound: the next input frame is frame 0 of a new stream.
    ///
    /// RT-safe. Wait-free: clears some kilobytes.
    @_noAllocation @_noLocks
    package mutating func reset() {
        guard let filter = unsafe filter else { return }
        unsafe _unsafePerformance { unsafe Self.rewind(filter) }
        tailFrames = Int(inputLatency.value)
    }
}

extension Resampler {
    /// Resamples as much of `input` as `output` has room for.
    ///
    /// RT-safe. Wait-free: per output sample as many multiplications as the filter is long (80 at the default
    /// quality, more by the ratio when the rate falls).
    /// Runs on: the thread that owns the resampler.
    /// Units: interleaved samples, whole frames. With room for `outputFramesMax` all input is consumed.
    @_noAllocation @_noLocks
    package mutating func process(_ input: Span<Int16>, into output: inout MutableSpan<Int16>) -> Progress {
        let (inputFrames, outputFrames) = room(input.count, output.count)
        guard inputFrames > 0, outputFrames > 0 else { return Progress(consumedFrames: 0, producedFrames: 0) }
        guard let filter = unsafe filter else {
            let frames = min(inputFrames, outputFrames)
            for index in 0..<frames * channels { output[index] = input[index] }
            return Progress(consumedFrames: frames, producedFrames: frames)
        }
        // The checker refuses closures that capture. A span's address holds as long as the span, to this
        // function's end.
        let from = unsafe input.withUnsafeBufferPointer { $0.baseAddress }
        let into = unsafe output.withUnsafeMutableBufferPointer { $0.baseAddress }
        return unsafe Self.run(filter, from, inputFrames, into, outputFrames)
    }

    /// The same for samples of full scale ±1; what the filter makes may exceed it by a little.
    ///
    /// RT-safe. Wait-free: as for 16-bit samples.
    @_noAllocation @_noLocks
    package mutating func process(_ input: Span<Float>, into output: inout MutableSpan<Float>) -> Progress {
        let (inputFrames, outputFrames) = room(input.count, output.count)
        guard inputFrames > 0, outputFrames > 0 else { return Progress(consumedFrames: 0, producedFrames: 0) }
        guard let filter = unsafe filter else {
            let frames = min(inputFrames, outputFrames)
            for index in 0..<frames * channels { output[index] = input[index] }
            return Progress(consumedFrames: frames, producedFrames: frames)
        }
        let from = unsafe input.withUnsafeBufferPointer { $0.baseAddress }
        let into = unsafe output.withUnsafeMutableBufferPointer { $0.baseAddress }
        return unsafe Self.run(filter, from, inputFrames, into, outputFrames)
    }

    /// Writes what the filter still holds at the end of a stream and returns how many frames that was. Zero
    /// means that nothing is left and that the resampler is as new; until then call this and nothing else but
    /// `reset`.
    ///
    /// RT-safe. Wait-free: as `process`.
    /// `output` has room for a frame or more. With room for `outputLatency` and two frames the first call
    /// writes all and the second returns zero.
    @_noAllocation @_noLocks
    package mutating func flush(into output: inout MutableSpan<Int16>) -> Int {
        let outputFrames = output.count / channels
        precondition(outputFrames > 0, "the buffer holds a frame")
        guard let filter = unsafe filter else { return 0 }
        let into = unsafe output.withUnsafeMutableBufferPointer { $0.baseAddress }
        // libspeexdsp takes no input for silence.
        let progress = unsafe Self.run(filter, nil as UnsafePointer<Int16>?, tailFrames, into, outputFrames)
        return flushed(progress)
    }

    /// The same for samples of full scale ±1.
    ///
    /// RT-safe. Wait-free: as `process`.
    @_noAllocation @_noLocks
    package mutating func flush(into output: inout MutableSpan<Float>) -> Int {
        let outputFrames = output.count / channels
        precondition(outputFrames > 0, "the buffer holds a frame")
        guard let filter = unsafe filter else { return 0 }
        let into = unsafe output.withUnsafeMutableBufferPointer { $0.baseAddress }
        let progress = unsafe Self.run(filter, nil as UnsafePointer<Float>?, tailFrames, into, outputFrames)
        return flushed(progress)
    }

    /// The whole frames of either side. RT-safe.
    @_noAllocation @_noLocks
    private func room(_ inputSamples: Int, _ outputSamples: Int) -> (input: Int, output: Int) {
        let (frames, rest) = inputSamples.quotientAndRemainder(dividingBy: channels)
        let (tail, latency) = (tailFrames, inputLatency.value)
        precondition(rest == 0, "samples come in whole frames")
        precondition(tail == latency, "a flush that has begun is finished first")
        return (frames, outputSamples / channels)
    }

    /// Accounts for a step of a flush. RT-safe.
    @_noAllocation @_noLocks
    private mutating func flushed(_ progress: Progress) -> Int {
        tailFrames -= progress.consumedFrames
        if progress.producedFrames == 0 { reset() }
        return progress.producedFrames
    }
}
