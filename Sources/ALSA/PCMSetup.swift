import Audio

/// What is wanted of a device. Every field but `formats` is a wish: the device may answer with something
/// near.
package struct PCMRequest: Sendable, Equatable {
    package var rate: SampleRate
    package var channels: Int
    /// Acceptable sample formats, best first; the first the device offers is taken.
    package var formats: [SampleFormat]
    /// How often the device should wake its reader, in microseconds.
    package var periodMicroseconds: Int
    /// Periods the device buffers; 3 to 4 are usual.
    package var periods: Int
    /// True: another rate than `rate` is an error. False: the nearest one is taken and reported.
    package var exactRate: Bool
    /// Whether a `plug` in front of the device may resample behind our back. Our own resampler knows its
    /// delay.
    package var resampling: Bool

    package init(
        rate: SampleRate, channels: Int, formats: [SampleFormat] = [.s16, .s32, .s24, .s24packed, .float32],
        periodMicroseconds: Int = 20_000, periods: Int = 4, exactRate: Bool = false, resampling: Bool = false
    ) {
        self.rate = rate
        self.channels = channels
        self.formats = formats
        self.periodMicroseconds = periodMicroseconds
        self.periods = periods
        self.exactRate = exactRate
        self.resampling = resampling
    }
}

/// What a device agreed to.
package struct PCMSetup: Sendable, Equatable, BitwiseCopyable {
    package let format: PCMFormat
    /// Frames between two wakes.
    package let periodFrames: Int
    /// Frames the device buffers; beyond that it overruns, or runs dry.
    package let bufferFrames: Int
    /// The device reports its position in bursts (USB, some DMA), so a stamp may lag by up to a period.
    package let isBatch: Bool
    /// The device goes on where it was after a suspend.
    package let canResume: Bool

    package var periodNanoseconds: Int64 { FrameCount(periodFrames).nanoseconds(at: format.rate) }
    package var bytesPerPeriod: Int { periodFrames * format.bytesPerFrame }
    package var bytesPerBuffer: Int { bufferFrames * format.bytesPerFrame }
}

/// Which way sound goes through a device: from it or to it, as `snd_pcm_stream_t` has it.
package enum PCMDirection: Sendable, Equatable, BitwiseCopyable, CaseIterable {
    case capture
    case playback
}

/// Where a device is in ALSA's life cycle.
package enum PCMState: Sendable, Equatable, BitwiseCopyable {
    case open, setup, prepared, running, xrun, draining, paused, suspended, disconnected
}
