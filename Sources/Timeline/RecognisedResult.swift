import Audio

/// One word the service recognised, on the session's timeline.
package struct RecognisedWord: Hashable, Sendable {
    /// As spoken, without punctuation.
    package var word: String
    /// As written; equal to `word` where the service does not punctuate.
    package var punctuated: String
    package var start: StreamPosition
    package var end: StreamPosition
    /// 0…1.
    package var confidence: Double
    package var speaker: Int?

    package init(
        word: String, punctuated: String, start: StreamPosition, end: StreamPosition, confidence: Double,
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

/// What the service says of one stretch of one channel, on the session's timeline.
package struct RecognisedResult: Hashable, Sendable {
    package var channel: Int
    /// How many channels the connection has.
    package var channelCount: Int
    package var start: StreamPosition
    package var end: StreamPosition
    /// This stretch will not change; an empty text is routine (silence) and confirms the audio all the same.
    package var isFinal: Bool
    /// The service saw the end of an utterance.
    package var speechFinal: Bool
    package var text: String
    /// 0…1.
    package var confidence: Double
    package var words: [RecognisedWord]
    /// Of the connection that said so.
    package var requestID: String?

    package init(
        channel: Int, channelCount: Int, start: StreamPosition, end: StreamPosition, isFinal: Bool,
        speechFinal: Bool, text: String, confidence: Double, words: [RecognisedWord], requestID: String?
    ) {
        self.channel = channel
        self.channelCount = channelCount
        self.start = start
        self.end = end
        self.isFinal = isFinal
        self.speechFinal = speechFinal
        self.text = text
        self.confidence = confidence
        self.words = words
        self.requestID = requestID
    }
}
