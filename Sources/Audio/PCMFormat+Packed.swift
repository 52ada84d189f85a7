extension PCMFormat {
    /// This format as one number, for a gauge; never zero.
    ///
    ///     bits 0…31 rate in hertz · 32…39 channels · 40…47 sample format
    ///
    /// RT-safe.
    package var packed: Int64 {
        @_noAllocation @_noLocks get { Int64(rate.hertz) | Int64(channels) << 32 | sample.code << 40 }
    }

    /// The format `packed` stands for; nil for zero (none yet) and for what no format packs to.
    package init?(packed: Int64) {
        let hertz = Int(packed & 0xFFFF_FFFF)
        let channels = Int(packed >> 32 & 0xFF)
        guard packed > 0, hertz > 0, channels > 0,
            let sample = SampleFormat.allCases.first(where: { $0.code == packed >> 40 })
        else { return nil }
        self.init(rate: SampleRate(hertz: hertz), channels: channels, sample: sample)
    }
}

extension SampleFormat {
    /// A number of its own; the compiler's `rawValue` is not marked for real time.
    ///
    /// RT-safe.
    fileprivate var code: Int64 {
        @_noAllocation @_noLocks get {
            switch self {
            case .s16: 1
            case .s24packed: 2
            case .s24: 3
            case .s32: 4
            case .float32: 5
            }
        }
    }
}
