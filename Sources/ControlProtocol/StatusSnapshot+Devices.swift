/// The microphone.
package struct CaptureStatus: Sendable, Hashable, Codable {
    /// The PCM's name, as configured.
    package var device: String
    /// `running`, `waiting` (for the device), `recovering`, `unusable` (what it delivers cannot go up),
    /// `paused` or `stopped`.
    package var state: String
    /// As negotiated; missing until the device was opened. So are the next two.
    package var format: FormatStatus?
    /// Frames from interrupt to interrupt.
    package var periodFrames: Int?
    /// Frames the device holds before it overruns.
    package var bufferFrames: Int?
    /// Whether the thread runs under real-time scheduling.
    package var realtime: Bool
    /// How often the device ran over (`xrun`), the machine slept (`suspend`), and the device was opened again
    /// (`reopened`); what never happened is missing.
    package var xruns: [String: Int]
    /// Of the last 100 ms that were captured.
    package var level: Level?
    /// Somebody asked for it: nothing is captured for the uplink.
    package var muted: Bool
    /// What is wrong with the device now, as of the time of the status; missing while it runs.
    package var trouble: TroubleStatus?
    /// What its sound tells of the microphone: `well`, `unknown` (not heard enough yet), `no_frames`,
    /// `digital_zero`, `mute_floor`, `clipping`, `offset` or `hum`.
    package var condition = "unknown"
    /// The same as a sentence with its remedy; missing where nothing is to be done.
    package var advice: TroubleStatus?
    /// How fast the sample clock runs beside the machine's clock, in parts per million; missing until it was
    /// measured for a minute.
    package var driftPartsPerMillion: Double?

    private enum CodingKeys: String, CodingKey {
        case device, state, format, realtime, xruns, level, muted, trouble, condition, advice
        case periodFrames = "period_frames"
        case bufferFrames = "buffer_frames"
        case driftPartsPerMillion = "drift_ppm"
    }

    package init(
        device: String, state: String, format: FormatStatus? = nil, periodFrames: Int? = nil,
        bufferFrames: Int? = nil, realtime: Bool, xruns: [String: Int], level: Level? = nil, muted: Bool,
        trouble: TroubleStatus? = nil, condition: String = "unknown", advice: TroubleStatus? = nil,
        driftPartsPerMillion: Double? = nil
    ) {
        self.condition = condition
        self.advice = advice
        self.driftPartsPerMillion = driftPartsPerMillion
        self.device = device
        self.state = state
        self.format = format
        self.periodFrames = periodFrames
        self.bufferFrames = bufferFrames
        self.realtime = realtime
        self.xruns = xruns
        self.level = level
        self.muted = muted
        self.trouble = trouble
    }
}

/// The speaker.
package struct PlaybackStatus: Sendable, Hashable, Codable {
    /// The PCM's name, as configured.
    package var device: String
    /// `running`, `waiting` (for the device), `recovering` or `stopped`.
    package var state: String
    /// As negotiated; missing until the device was opened.
    package var format: FormatStatus?
    /// How often the device ran out of samples.
    package var underruns: Int
    /// What is wrong with the device now, as of the time of the status; missing while it runs.
    package var trouble: TroubleStatus?

    package init(
        device: String, state: String, format: FormatStatus? = nil, underruns: Int,
        trouble: TroubleStatus? = nil
    ) {
        self.device = device
        self.state = state
        self.format = format
        self.underruns = underruns
        self.trouble = trouble
    }
}
