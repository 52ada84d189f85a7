import Audio

/// The sample rates libopus works at.
package enum OpusRate {
    /// 8, 12, 16, 24 and 48 kHz (RFC 6716, section 2).
    package static let supported = [8_000, 12_000, 16_000, 24_000, 48_000].map(SampleRate.init(hertz:))

    /// `rate` as libopus wants it, in hertz.
    static func hertz(of rate: SampleRate) throws(OpusError) -> Int32 {
        guard supported.contains(rate) else { throw .rateUnsupported(hertz: rate.hertz) }
        return Int32(rate.hertz)
    }
}
