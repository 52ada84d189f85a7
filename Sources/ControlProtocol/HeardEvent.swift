/// Speech that was recognised; the same fields as a `final` line of the transcript file.
package struct HeardEvent: Sendable, Hashable, Codable {
    /// One word.
    package struct Word: Sendable, Hashable, Codable {
        /// As spoken.
        package var word: String
        /// As written in `text`, where that differs.
        package var punctuated: String?
        /// Seconds on the session's timeline.
        package var start: Double
        package var end: Double
        /// 0…1.
        package var confidence: Double
        package var speaker: Int?

        package init(
            word: String, punctuated: String? = nil, start: Double, end: Double, confidence: Double,
            speaker: Int? = nil
        ) {
            self.word = word
            self.punctuated = punctuated
            self.start = start
            self.end = end
            self.confidence = confidence
            self.speaker = speaker
        }
    }

    package var session: String
    /// Seconds on the session's timeline.
    package var start: Double
    package var end: Double
    /// When `start` was captured, RFC 3339 UTC.
    package var at: String
    /// 0-based.
    package var channel: Int
    package var text: String
    /// 0…1.
    package var confidence: Double
    /// Empty where the service gives none, and in most interims.
    package var words: [Word]
    /// The service's name of the connection that heard it.
    package var requestID: String?

    private enum CodingKeys: String, CodingKey {
        case session, start, end, at, channel, text, confidence, words
        case requestID = "request_id"
    }

    package init(
        session: String, start: Double, end: Double, at: String, channel: Int, text: String,
        confidence: Double,
        words: [Word], requestID: String? = nil
    ) {
        self.session = session
        self.start = start
        self.end = end
        self.at = at
        self.channel = channel
        self.text = text
        self.confidence = confidence
        self.words = words
        self.requestID = requestID
    }
}
