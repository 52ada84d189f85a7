import Audio
import OpusCodec
import SignalChain

/// What the uplink makes of the microphone. Immutable; checked before the thread starts.
package struct UplinkSettings: Sendable {
    /// The rate of positions, and of the encoder's input.
    package var rate: SampleRate
    package var encoding: AudioEncoding
    /// Samples per frame that go up. More than one only as linear16.
    package var channels: Int
    /// Which channels of the device those are.
    package var selection: ChannelSelection
    package var gain: Gain
    /// Frames in one linear16 packet: 20 to 250 ms.
    package var chunk: FrameCount
    package var opus: EncoderSettings
    /// Lost frames up to this many are filled with silence; longer absences become a gap record.
    ///
    /// 200 ms: a recogniser hears a short pause, and one connection's audio time goes on without a seam.
    package var fillLimit: FrameCount

    package init(
        rate: SampleRate, encoding: AudioEncoding, channels: Int = 1, selection: ChannelSelection = .mix,
        gain: Gain = .unity,
        chunkMilliseconds: Int = 100, opus: EncoderSettings = EncoderSettings(), fillMilliseconds: Int = 200
    ) {
        self.rate = rate
        self.encoding = encoding
        self.channels = channels
        self.selection = selection
        self.gain = gain
        self.chunk = rate.frames(inMilliseconds: chunkMilliseconds)
        self.opus = opus
        self.fillLimit = rate.frames(inMilliseconds: fillMilliseconds)
    }

    /// Frames in one packet.
    package var packetFrames: FrameCount {
        encoding == .opus ? rate.frames(inMilliseconds: 20) : chunk
    }
}

/// Why the uplink cannot go on. Remedy: mend the configuration; the message names the key.
package enum UplinkError: Error, Equatable {
    case opus(OpusError)
    case signal(SignalError)
    /// Opus goes up as one channel: `listen.channels` must be 1.
    case opusIsMono
    /// The device delivers another number of channels than go up: mend `listen.channels` or
    /// `capture.channel`.
    case channelsDiffer(delivered: Int, wanted: Int)
}

extension UplinkError {
    /// One sentence for people, with the remedy.
    package var sentence: String {
        switch self {
        case .opus(let error):
            "the encoder refuses its settings (\(error)): mend listen.opus or listen.sample_rate"
        case .signal(let error):
            "the sound cannot be converted (\(error)): mend capture.channel or capture.rate"
        case .opusIsMono:
            "Opus goes up as one channel: set listen.channels = 1, or listen.encoding = \"linear16\""
        case .channelsDiffer(let delivered, let wanted):
            "the device delivers \(delivered) channels and \(wanted) are to go up: "
                + "set listen.channels = \(delivered), or choose one with capture.channel"
        }
    }
}
