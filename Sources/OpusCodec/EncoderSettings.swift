import COpus

/// What an encoder is tuned for. The defaults suit speech recognition.
///
/// Always on: variable bitrate, and the hint that the signal is voice. Always off: discontinuous transmission
/// (it would replace pauses by comfort noise) and in-band error correction (of no use over a transport that
/// loses nothing).
package struct EncoderSettings: Hashable, Sendable {
    /// Bits per second that an encoder takes.
    package static let bitrates = 6_000...128_000
    /// From cheapest to best.
    package static let complexities = 0...10

    /// Default `voip`.
    package var application: Application
    /// Average bits per second; within `bitrates`, default 24 000.
    package var bitrate: Int
    /// CPU spent for quality; within `complexities`, default 5.
    package var complexity: Int

    package init(application: Application = .voip, bitrate: Int = 24_000, complexity: Int = 5) {
        self.application = application
        self.bitrate = bitrate
        self.complexity = complexity
    }

    /// The coding mode.
    package enum Application: String, Sendable, CaseIterable {
        /// Made for intelligible speech; looks ahead 6.5 ms.
        case voip
        /// Made for fidelity to the input; looks ahead 6.5 ms.
        case audio
        /// Looks ahead 2.5 ms only, at a third of the CPU time and more bits.
        case lowdelay

        var libraryValue: Int32 {
            switch self {
            case .voip: OPUS_APPLICATION_VOIP
            case .audio: OPUS_APPLICATION_AUDIO
            case .lowdelay: OPUS_APPLICATION_RESTRICTED_LOWDELAY
            }
        }
    }

    /// Throws what is out of range.
    func validate() throws(OpusError) {
        guard Self.bitrates.contains(bitrate) else { throw .bitrateOutOfRange(bitsPerSecond: bitrate) }
        guard Self.complexities.contains(complexity) else { throw .complexityOutOfRange(complexity) }
    }
}
