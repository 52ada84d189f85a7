/// What is made of the sound.
package struct UplinkStatus: Sendable, Hashable, Codable {
    /// `opus` or `linear16`.
    package var encoding: String
    /// Frames per second.
    package var rate: Int
    /// Channels sent.
    package var channels: Int
    /// Where the session's timeline stands.
    package var positionSeconds: Double
    /// Packets made since the daemon was started.
    package var packets: Int64

    private enum CodingKeys: String, CodingKey {
        case encoding, rate, channels, packets
        case positionSeconds = "position_s"
    }

    package init(encoding: String, rate: Int, channels: Int, positionSeconds: Double, packets: Int64) {
        self.encoding = encoding
        self.rate = rate
        self.channels = channels
        self.positionSeconds = positionSeconds
        self.packets = packets
    }
}

/// What waits for the service's answer.
package struct JournalStatus: Sendable, Hashable, Codable {
    /// Frames at the uplink's rate.
    /// Captured frames that wait to be confirmed.
    package var pendingFrames: Int64
    /// The same in seconds.
    package var pendingSeconds: Double
    /// Bytes held.
    package var bytes: Int64
    /// Bytes it may hold.
    package var capacityBytes: Int64
    /// Why what the service recognised cannot be written down, and so waits here as well; missing while all
    /// is well.
    package var trouble: TroubleStatus?
    /// Audio of this that is kept on disk, in seconds.
    package var diskSeconds = 0.0
    /// Why the disk does not take the journal, or what waits in memory would not outlive the program; missing
    /// while all is well.
    package var keeping: TroubleStatus?
    /// Earlier sessions that are delivered before this one.
    package var backlogSessions = 0

    private enum CodingKeys: String, CodingKey {
        case bytes, trouble, keeping
        case diskSeconds = "disk_s"
        case backlogSessions = "backlog_sessions"
        case pendingFrames = "pending_frames"
        case pendingSeconds = "pending_s"
        case capacityBytes = "capacity_bytes"
    }

    package init(
        pendingFrames: Int64, pendingSeconds: Double, bytes: Int64, capacityBytes: Int64,
        trouble: TroubleStatus? = nil, diskSeconds: Double = 0, keeping: TroubleStatus? = nil,
        backlogSessions: Int = 0
    ) {
        self.diskSeconds = diskSeconds
        self.keeping = keeping
        self.backlogSessions = backlogSessions
        self.trouble = trouble
        self.pendingFrames = pendingFrames
        self.pendingSeconds = pendingSeconds
        self.bytes = bytes
        self.capacityBytes = capacityBytes
    }
}

/// The connection to the listening service.
package struct LinkStatus: Sendable, Hashable, Codable {
    /// `idle`, `connecting`, `open`, `waiting` (for the next attempt), `refused`, `closing` or `closed`.
    package var state: String
    /// Since when, RFC 3339 UTC.
    package var since: String
    /// The service's name of the connection.
    package var requestID: String?
    /// Why the last connection ended or was not made.
    package var lastError: TroubleStatus?
    /// Connections made after the first.
    package var reconnects: Int
    /// When the next attempt is due, RFC 3339 UTC.
    package var nextAttempt: String?
    /// What the service said it had received on the last connection it ended in order, and what had been sent
    /// on it: seconds of audio. Missing until one was.
    package var account: AccountStatus?
    /// What of the day's allowance is used; missing without one.
    package var quota: QuotaStatus?

    private enum CodingKeys: String, CodingKey {
        case state, since, reconnects, account, quota
        case requestID = "request_id"
        case lastError = "last_error"
        case nextAttempt = "next_attempt"
    }

    package init(
        state: String, since: String, requestID: String? = nil, lastError: TroubleStatus? = nil,
        reconnects: Int, nextAttempt: String? = nil, account: AccountStatus? = nil, quota: QuotaStatus? = nil
    ) {
        self.account = account
        self.quota = quota
        self.state = state
        self.since = since
        self.requestID = requestID
        self.lastError = lastError
        self.reconnects = reconnects
        self.nextAttempt = nextAttempt
    }
}

/// One connection's audio in seconds, as both sides counted it.
package struct AccountStatus: Sendable, Hashable, Codable {
    package var receivedSeconds: Double
    package var sentSeconds: Double

    private enum CodingKeys: String, CodingKey {
        case receivedSeconds = "received_s"
        case sentSeconds = "sent_s"
    }

    package init(receivedSeconds: Double, sentSeconds: Double) {
        self.receivedSeconds = receivedSeconds
        self.sentSeconds = sentSeconds
    }
}

/// The audio of this day (UTC), in seconds.
package struct QuotaStatus: Sendable, Hashable, Codable {
    package var usedSeconds: Double
    package var limitSeconds: Double

    private enum CodingKeys: String, CodingKey {
        case usedSeconds = "used_s"
        case limitSeconds = "limit_s"
    }

    package init(usedSeconds: Double, limitSeconds: Double) {
        self.usedSeconds = usedSeconds
        self.limitSeconds = limitSeconds
    }
}

/// The connection to the speaking service.
package struct SpeakStatus: Sendable, Hashable, Codable {
    /// `idle` (none is open, none is needed), `connecting`, `open`, `waiting` or `refused`.
    package var state: String
    /// Utterances that wait or are being spoken.
    package var queue: Int
    /// Why the last connection ended or was not made.
    package var lastError: TroubleStatus?

    private enum CodingKeys: String, CodingKey {
        case state, queue
        case lastError = "last_error"
    }

    package init(state: String, queue: Int, lastError: TroubleStatus? = nil) {
        self.state = state
        self.queue = queue
        self.lastError = lastError
    }
}

/// The account of frames: captured = confirmed + pending + dropped.
package struct LedgerStatus: Sendable, Hashable, Codable {
    /// Frames per second.
    package var rate: Int
    /// How far the timeline went: captured + absent.
    package var elapsed: Int64
    /// Frames captured for the uplink.
    package var captured: Int64
    /// Handed to a connection at least once.
    package var sent: Int64
    /// Answered for with a final result.
    package var confirmed: Int64
    package var pending: Int64
    /// Captured, then given up, by cause.
    package var dropped: [String: Int64]
    /// Never captured, by cause.
    package var absent: [String: Int64]

    package init(
        rate: Int, elapsed: Int64, captured: Int64, sent: Int64, confirmed: Int64, pending: Int64,
        dropped: [String: Int64], absent: [String: Int64]
    ) {
        self.rate = rate
        self.elapsed = elapsed
        self.captured = captured
        self.sent = sent
        self.confirmed = confirmed
        self.pending = pending
        self.dropped = dropped
        self.absent = absent
    }
}

/// The clocks.
package struct ClockStatus: Sendable, Hashable, Codable {
    /// Wall time, RFC 3339 UTC.
    package var now: String
    /// How often the wall clock was set since the daemon was started.
    package var steps: Int

    package init(now: String, steps: Int) {
        self.now = now
        self.steps = steps
    }
}
