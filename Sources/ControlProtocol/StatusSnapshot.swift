/// One snapshot of the running daemon. A field that is missing does not apply or is not known.
package struct StatusSnapshot: Sendable, Hashable, Codable {
    /// The daemon's program and version.
    package var version: String
    /// The session's name.
    package var session: String
    /// When the daemon was started, RFC 3339 UTC.
    package var started: String
    /// For how long it has run.
    package var uptimeSeconds: Double
    package var capture: CaptureStatus
    package var uplink: UplinkStatus
    package var journal: JournalStatus
    package var link: LinkStatus
    /// Missing where there is no speaker.
    package var speak: SpeakStatus?
    package var playback: PlaybackStatus?
    package var ledger: LedgerStatus
    package var clock: ClockStatus
    /// What the daemon finds wrong with itself, and is mending.
    package var findings: [TroubleStatus] = []

    private enum CodingKeys: String, CodingKey {
        case findings
        case version, session, started, capture, uplink, journal, link, speak, playback, ledger, clock
        case uptimeSeconds = "uptime_s"
    }

    package init(
        version: String, session: String, started: String, uptimeSeconds: Double, capture: CaptureStatus,
        uplink: UplinkStatus, journal: JournalStatus, link: LinkStatus, speak: SpeakStatus?,
        playback: PlaybackStatus?, ledger: LedgerStatus, clock: ClockStatus, findings: [TroubleStatus] = []
    ) {
        self.findings = findings
        self.version = version
        self.session = session
        self.started = started
        self.uptimeSeconds = uptimeSeconds
        self.capture = capture
        self.uplink = uplink
        self.journal = journal
        self.link = link
        self.speak = speak
        self.playback = playback
        self.ledger = ledger
        self.clock = clock
    }
}

/// A trouble the daemon met.
package struct TroubleStatus: Sendable, Hashable, Codable {
    /// A sentence that names the thing in question.
    package var message: String
    /// What a person can do about it; missing where the daemon mends it alone.
    package var remedy: String?
    /// RFC 3339 UTC.
    package var at: String

    package init(message: String, remedy: String? = nil, at: String) {
        self.message = message
        self.remedy = remedy
        self.at = at
    }
}

/// The shape of a stream, as negotiated with the device.
package struct FormatStatus: Sendable, Hashable, Codable {
    /// Frames per second.
    package var rate: Int
    package var channels: Int
    /// Such as `s16`.
    package var sample: String

    package init(rate: Int, channels: Int, sample: String) {
        self.rate = rate
        self.channels = channels
        self.sample = sample
    }
}
