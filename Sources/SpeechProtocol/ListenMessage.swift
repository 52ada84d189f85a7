/// What the Listen service says. Its protocol grows monthly: fields and types not known here are passed over.
package enum ListenMessage: Hashable, Sendable {
    case results(ListenResults)
    /// The summary, once, at the end of the connection.
    case metadata(ListenMetadata)
    /// Speech began `seconds` after the connection's start.
    case speechStarted(channel: Int, seconds: Double)
    /// The last word ended `seconds` after the connection's start; nil where the service does not say.
    case utteranceEnd(channel: Int, seconds: Double?)
    case configureSuccess(requestID: String?)
    case configureFailure(ServiceNotice)
    case warning(ServiceNotice)
    /// The service did not understand one of our texts, or failed.
    case error(ServiceNotice)
    /// A type this program does not know.
    case unknown(type: String)
    /// Not what the protocol describes; `reason` is for the log.
    case malformed(reason: String)
}

/// What the service heard in one stretch of one channel. Times are seconds of audio received on this
/// connection.
package struct ListenResults: Hashable, Sendable {
    package var channel: Int
    package var channelCount: Int
    /// Not negative, finite.
    package var start: Double
    /// Not negative, finite.
    package var duration: Double
    /// This stretch will not change.
    package var isFinal: Bool
    /// The end of an utterance was seen. Independent of `isFinal`.
    package var speechFinal: Bool
    /// Said in answer to a Finalize.
    package var fromFinalize: Bool
    /// Often empty: silence.
    package var transcript: String
    package var confidence: Double
    package var words: [Word]
    package var requestID: String?

    /// One recognised word. `start` and `end` are seconds of the connection's audio, confidence is from 0 to
    /// 1.
    package struct Word: Hashable, Sendable {
        package var word: String
        package var punctuated: String?
        package var start: Double
        package var end: Double
        package var confidence: Double
        package var speaker: Int?

        package init(
            word: String, punctuated: String?, start: Double, end: Double, confidence: Double, speaker: Int?
        ) {
            self.word = word
            self.punctuated = punctuated
            self.start = start
            self.end = end
            self.confidence = confidence
            self.speaker = speaker
        }
    }

    package init(
        channel: Int = 0, channelCount: Int = 1, start: Double, duration: Double, isFinal: Bool = false,
        speechFinal: Bool = false, fromFinalize: Bool = false, transcript: String = "",
        confidence: Double = 0,
        words: [Word] = [], requestID: String? = nil
    ) {
        self.channel = channel
        self.channelCount = channelCount
        self.start = start
        self.duration = duration
        self.isFinal = isFinal
        self.speechFinal = speechFinal
        self.fromFinalize = fromFinalize
        self.transcript = transcript
        self.confidence = confidence
        self.words = words
        self.requestID = requestID
    }
}

/// The service's summary of a connection.
package struct ListenMetadata: Hashable, Sendable {
    package var requestID: String?
    /// Seconds of audio the service received.
    package var duration: Double?
    package var channels: Int?
    /// Hexadecimal, of the audio received; `incomplete` when the service gave up.
    package var sha256: String?

    package init(
        requestID: String? = nil, duration: Double? = nil, channels: Int? = nil, sha256: String? = nil
    ) {
        self.requestID = requestID
        self.duration = duration
        self.channels = channels
        self.sha256 = sha256
    }
}

/// A warning or an error in the service's words. All of it is optional there.
package struct ServiceNotice: Hashable, Sendable {
    package var code: String?
    package var description: String?

    package init(code: String? = nil, description: String? = nil) {
        self.code = code
        self.description = description
    }

    /// For people and logs.
    package var sentence: String {
        switch (code, description) {
        case (let code?, let description?): "\(description) (\(code))"
        case (let text?, nil), (nil, let text?): text
        case (nil, nil): "no reason given"
        }
    }
}
