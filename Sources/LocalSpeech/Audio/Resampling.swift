import CSpeexDSP

/// Rate conversion of a whole piece of mono audio by speexdsp.
package enum Resampling {
    /// Why a conversion was refused.
    package enum Failure: Error, Equatable {
        /// speexdsp refused the pair of rates.
        case unsupported(from: Int, to: Int)
    }

    /// speexdsp's quality 0 … 10; 5 is its own "desktop" setting, ample for speech.
    private static let quality: CInt = 5

    /// Converts `samples` so that the result lasts as long as the source: filter delay is skipped, the tail
    /// flushed.
    ///
    /// Runs on: any thread; takes no locks, allocates.
    package static func convert(_ samples: [Int16], from source: Int, to target: Int) throws(Failure)
        -> [Int16]
    {
        guard source != target, !samples.isEmpty else { return samples }
        guard source > 0, target > 0 else { throw .unsupported(from: source, to: target) }
        var status: CInt = 0
        let state = unsafe speex_resampler_init(1, UInt32(source), UInt32(target), quality, &status)
        guard let state = unsafe state, status == 0 else { throw .unsupported(from: source, to: target) }
        defer { unsafe speex_resampler_destroy(state) }
        _ = unsafe speex_resampler_skip_zeros(state)

        let wanted = samples.count * target / source
        let tail = [Int16](repeating: 0, count: Int(unsafe speex_resampler_get_input_latency(state)))
        let input = samples + tail
        var output = [Int16](repeating: 0, count: wanted + 64)
        var inputLength = UInt32(input.count)
        var outputLength = UInt32(output.count)
        _ = unsafe speex_resampler_process_int(state, 0, input, &inputLength, &output, &outputLength)
        let produced = min(Int(outputLength), wanted)
        return Array(output[..<produced]) + [Int16](repeating: 0, count: wanted - produced)
    }
}
