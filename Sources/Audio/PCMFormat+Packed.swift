extension PCMFormat {
    /// This format as one number, for a gauge; never zero.
    ///
    ///     bits 0…31 rate in hertz · 32…39 channels · 40…47 sample format
    package var packed: Int64 {
        Int64(rate.hertz) | Int64(channels) << 32 | Int64(sample.rawValue) << 40
    }

    /// The format `packed` stands for; nil for zero (none yet) and for what no format packs to.
    package init?(packed: Int64) {
        let hertz = Int(packed & 0xFFFF_FFFF)
        let channels = Int(packed >> 32 & 0xFF)
        guard packed > 0, hertz > 0, channels > 0, let sample = SampleFormat(rawValue: UInt8(packed >> 40 & 0xFF))
        else { return nil }
        self.init(rate: SampleRate(hertz: hertz), channels: channels, sample: sample)
    }
}
