import ALSA
import Audio
import Capture
import Configuration
import OpusCodec
import Playback
import SignalChain
import Uplink

// What each stage is told, made of the one checked configuration.

extension AgentConfiguration {
    package var uplinkSettings: UplinkSettings {
        UplinkSettings(
            rate: listen.rate, encoding: listen.encoding, channels: listen.channels,
            selection: channelSelection,
            gain: Gain(decibels: capture.gainDecibels),
            chunkMilliseconds: listen.chunk.wholeMilliseconds,
            opus: EncoderSettings(
                application: listen.opus.application.encoderApplication, bitrate: listen.opus.bitrate,
                complexity: listen.opus.complexity))
    }

    package var captureSettings: CaptureSettings {
        CaptureSettings(
            device: capture.device,
            request: PCMRequest(
                rate: capture.rate.fixed ?? listen.rate, channels: capture.channels.fixed ?? wantedChannels,
                formats: capture.format.fixed.map { [$0] } ?? [.s16, .s32, .s24, .s24packed, .float32],
                periodMicroseconds: capture.period.wholeMilliseconds * 1_000,
                periods: capture.buffer.wholeMilliseconds / capture.period.wholeMilliseconds,
                exactRate: capture.rate.fixed != nil))
    }

    /// Nil where there is no speaker.
    package var playbackSettings: PlaybackSettings? {
        guard case .named(let device) = playback.device else { return nil }
        return PlaybackSettings(
            device: device,
            request: PCMRequest(
                rate: playback.rate.fixed ?? speak.rate, channels: playback.channels.fixed ?? 1,
                periodMicroseconds: playback.period.wholeMilliseconds * 1_000,
                periods: playback.buffer.wholeMilliseconds / playback.period.wholeMilliseconds,
                exactRate: playback.rate.fixed != nil))
    }

    private var channelSelection: SignalChain.ChannelSelection {
        switch capture.selection {
        case .mix: .mix
        case .all: .all
        case .one(let index): .pick(index: index)
        }
    }

    /// The fewest channels that hold what goes up; the device may have more.
    private var wantedChannels: Int {
        switch capture.selection {
        case .mix: 1
        case .all: listen.channels
        case .one(let index): index + 1
        }
    }
}

extension Negotiable {
    fileprivate var fixed: Value? {
        if case .fixed(let value) = self { value } else { nil }
    }
}

extension OpusApplication {
    fileprivate var encoderApplication: EncoderSettings.Application {
        switch self {
        case .voip: .voip
        case .audio: .audio
        case .lowdelay: .lowdelay
        }
    }
}

extension Duration {
    /// Rounded down.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
