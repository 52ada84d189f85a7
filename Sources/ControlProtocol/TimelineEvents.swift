/// A stretch of the timeline without audio; the same fields as a `gap` line of the transcript file.
package struct GapEvent: Sendable, Hashable, Codable {
    package var session: String
    /// Seconds on the session's timeline.
    package var start: Double
    package var end: Double
    /// When `start` was, RFC 3339 UTC.
    package var at: String
    /// Why, by the name the transcript uses.
    package var cause: String

    package init(session: String, start: Double, end: Double, at: String, cause: String) {
        self.session = session
        self.start = start
        self.end = end
        self.at = at
        self.cause = cause
    }
}

/// The wall clock was set; the same fields as a `clock` line of the transcript file.
package struct ClockEvent: Sendable, Hashable, Codable {
    package var session: String
    /// Seconds on the session's timeline.
    package var start: Double
    /// The new time of that moment, and what it would have been; RFC 3339 UTC.
    package var at: String
    package var was: String
    /// New minus old; negative: set back.
    package var offsetChangeMilliseconds: Int64

    private enum CodingKeys: String, CodingKey {
        case session, start, at, was
        case offsetChangeMilliseconds = "offset_change_ms"
    }

    package init(session: String, start: Double, at: String, was: String, offsetChangeMilliseconds: Int64) {
        self.session = session
        self.start = start
        self.at = at
        self.was = was
        self.offsetChangeMilliseconds = offsetChangeMilliseconds
    }
}

/// Somebody began or ceased to speak into the microphone, as the service hears it.
package struct SpeechEvent: Sendable, Hashable, Codable {
    /// Which of the two.
    package enum What: String, Sendable, Hashable, Codable {
        case started, ended
    }

    package var what: What
    /// 0-based.
    package var channel: Int
    /// Seconds on the session's timeline.
    package var start: Double
    /// RFC 3339 UTC.
    package var at: String

    package init(_ what: What, channel: Int, start: Double, at: String) {
        self.what = what
        self.channel = channel
        self.start = start
        self.at = at
    }
}
