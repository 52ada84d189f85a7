/// A stretch of the timeline without audio, on all channels.
package struct GapLine: Sendable, Hashable, Codable {
    package var session: String
    /// Seconds since the session's start.
    package var start: Double
    package var end: Double
    /// When `start` was, RFC 3339 UTC.
    package var at: String
    /// A `GapCause.name`; readers take unknown ones as they are.
    package var cause: String
}
