/// The wall clock was set: `at` of the lines after this one goes by the new time.
package struct ClockLine: Sendable, Hashable, Codable {
    package var session: String
    /// Seconds since the session's start when it was noticed.
    package var start: Double
    /// The new wall time of that moment, RFC 3339 UTC.
    package var at: String
    /// What the clock would have shown at that moment, RFC 3339 UTC.
    package var was: String
    /// New minus old, in milliseconds; negative: set back.
    package var offsetChangeMilliseconds: Int64

    private enum CodingKeys: String, CodingKey {
        case session, start, at, was
        case offsetChangeMilliseconds = "offset_change_ms"
    }
}
