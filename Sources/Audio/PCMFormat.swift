/// How one sample lies in memory; little-endian, signed, as ALSA and the speech service name them.
package enum SampleFormat: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// 16 bits in 2 bytes (ALSA `S16_LE`, the service's `linear16`).
    case s16
    /// 24 bits packed in 3 bytes (ALSA `S24_3LE`).
    case s24packed
    /// 24 bits in the low part of 4 bytes (ALSA `S24_LE`); the top byte is undefined.
    case s24
    /// 32 bits in 4 bytes (ALSA `S32_LE`).
    case s32
    /// 32-bit float, full scale ±1 (ALSA `FLOAT_LE`).
    case float32

    /// The word for people and programs: configuration, status, device lists.
    package var name: String {
        switch self {
        case .s16: "s16"
        case .s24packed: "s24_3"
        case .s24: "s24"
        case .s32: "s32"
        case .float32: "float"
        }
    }

    package var bytesPerSample: Int {
        switch self {
        case .s16: 2
        case .s24packed: 3
        case .s24, .s32, .float32: 4
        }
    }
}

/// The shape of an interleaved PCM stream.
package struct PCMFormat: Hashable, Sendable, BitwiseCopyable {
    /// What the product handles.
    package static let supportedChannels = 1...8

    package let rate: SampleRate
    /// Samples per frame, interleaved.
    package let channels: Int
    package let sample: SampleFormat

    package init(rate: SampleRate, channels: Int, sample: SampleFormat) {
        precondition(channels > 0, "a stream has a channel")
        self.rate = rate
        self.channels = channels
        self.sample = sample
    }

    /// 1 to 32 bytes.
    package var bytesPerFrame: Int { channels * sample.bytesPerSample }
}
