import Audio
import CSpeexDSP

/// The calls into libspeexdsp.
extension Resampler {
    /// A filter whose first output frame will stand for its first input frame.
    static func makeFilter(
        from source: SampleRate, to target: SampleRate, channels: Int, quality: Int
    ) throws(SignalError) -> OpaquePointer {
        var code: Int32 = 0
        guard let sourceHertz = UInt32(exactly: source.hertz), let targetHertz = UInt32(exactly: target.hertz)
        else { throw .ratesUnsupported(source: source.hertz, target: target.hertz) }
        let filter = unsafe speex_resampler_init(
            UInt32(channels), sourceHertz, targetHertz, Int32(quality), &code)
        guard let filter = unsafe filter else {
            throw code == Int32(RESAMPLER_ERR_ALLOC_FAILED)
                ? .outOfMemory : .ratesUnsupported(source: source.hertz, target: target.hertz)
        }
        unsafe rewind(filter)
        return unsafe filter
    }

    /// The filter's delay in frames of its input and of its output.
    static func latencies(of filter: OpaquePointer?) -> (input: Int, output: Int) {
        guard let filter = unsafe filter else { return (0, 0) }
        return unsafe (
            Int(speex_resampler_get_input_latency(filter)), Int(speex_resampler_get_output_latency(filter))
        )
    }

    /// Forgets all input and skips the filter's delay.
    static func rewind(_ filter: OpaquePointer) {
        unsafe speex_resampler_reset_mem(filter)
        unsafe speex_resampler_skip_zeros(filter)
    }

    /// One step of the filter; no input stands for silence. RT-safe.
    @_noAllocation @_noLocks
    static func run(
        _ filter: OpaquePointer, _ input: UnsafePointer<Int16>?, _ inputFrames: Int,
        _ output: UnsafeMutablePointer<Int16>?, _ outputFrames: Int
    ) -> Progress {
        var (consumed, produced) = (UInt32(inputFrames), UInt32(outputFrames))
        let code = unsafe _unsafePerformance {
            unsafe speex_resampler_process_interleaved_int(filter, input, &consumed, output, &produced)
        }
        precondition(code == 0, "a live filter takes any samples")
        return Progress(consumedFrames: Int(consumed), producedFrames: Int(produced))
    }

    /// One step of the filter; no input stands for silence. RT-safe.
    @_noAllocation @_noLocks
    static func run(
        _ filter: OpaquePointer, _ input: UnsafePointer<Float>?, _ inputFrames: Int,
        _ output: UnsafeMutablePointer<Float>?, _ outputFrames: Int
    ) -> Progress {
        var (consumed, produced) = (UInt32(inputFrames), UInt32(outputFrames))
        let code = unsafe _unsafePerformance {
            unsafe speex_resampler_process_interleaved_float(filter, input, &consumed, output, &produced)
        }
        precondition(code == 0, "a live filter takes any samples")
        return Progress(consumedFrames: Int(consumed), producedFrames: Int(produced))
    }
}
