/// A word an engine heard.
package struct RecognisedWord: Equatable, Sendable {
    package var text: String
    /// Seconds from the start of the audio the engine was given.
    package var start: Double
    package var end: Double
    /// 0 … 1.
    package var confidence: Double

    package init(text: String, start: Double, end: Double, confidence: Double) {
        self.text = text
        self.start = start
        self.end = end
        self.confidence = confidence
    }

    /// Words of a text whose times are not known, spread evenly over `seconds`.
    package static func spread(_ text: String, over seconds: Double) -> [RecognisedWord] {
        let words = text.split { $0.isWhitespace || $0.isNewline }
        let each = seconds / Double(max(1, words.count))
        return words.enumerated().map { index, word in
            RecognisedWord(
                text: String(word), start: Double(index) * each, end: Double(index + 1) * each, confidence: 1)
        }
    }
}

/// A piece of mono audio to recognise.
package struct RecognitionJob: Equatable, Sendable {
    package var id: Int
    package var samples: [Int16]
    /// Frames per second.
    package var sampleRate: Int
}
