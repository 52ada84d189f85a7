/// What was said in one stretch of one channel; it will not change.
package struct FinalLine: Sendable, Hashable, Codable {
    /// One word of the text.
    package struct Word: Sendable, Hashable, Codable {
        /// As spoken, without punctuation.
        package var word: String
        /// As written in `text`, where that differs.
        package var punctuated: String?
        /// Seconds since the session's start; never before the line's `start`.
        package var start: Double
        package var end: Double
        /// 0…1.
        package var confidence: Double
        /// Numbered from 0 within a connection; only where the service tells speakers apart.
        package var speaker: Int?
    }

    package var session: String
    /// Seconds since the session's start; per channel it never decreases from line to line.
    package var start: Double
    package var end: Double
    /// When `start` was captured, RFC 3339 UTC.
    package var at: String
    /// 0-based.
    package var channel: Int
    /// Never empty.
    package var text: String
    /// 0…1.
    package var confidence: Double
    /// Empty where the service gives no words.
    package var words: [Word]
    /// The service's name of the connection that heard it.
    package var requestID: String?

    private enum CodingKeys: String, CodingKey {
        case session, start, end, at, channel, text, confidence, words
        case requestID = "request_id"
    }
}
