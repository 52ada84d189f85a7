/// One channel of a listen connection: its open audio, and its results in the order they must leave.
///
/// A segment's words come from an engine, later; a result leaves only when all before it have. Pure.
struct ChannelTimeline {
    /// A finished segment: it waits for its words.
    struct Segment: Equatable {
        var id: Int
        /// First frame, and length in frames.
        var start: Int
        var frames: Int
        var speechFinal: Bool
        var fromFinalize: Bool
        /// `nil` while the engine works. Times in seconds from the segment's start.
        var words: [RecognisedWord]?
    }

    /// What leaves a channel, in order.
    enum Departure: Equatable {
        case segment(Segment, words: [RecognisedWord])
        /// `lastWordEnd` in seconds of the connection's audio.
        case utteranceEnd(lastWordEnd: Double)
    }

    private enum Waiting {
        case segment(Segment)
        case utteranceEnd
    }

    private(set) var segmenter: SpeechSegmenter
    /// The samples since `segmenter.boundary`.
    private(set) var open: [Int16] = []
    private var waiting: [Waiting] = []
    private var lastWordEnd: Double?
    private let sampleRate: Int

    init(sampleRate: Int, method: SpeechSegmenter.Method) {
        self.sampleRate = sampleRate
        segmenter = SpeechSegmenter(sampleRate: sampleRate, method: method)
    }

    /// Whether every finished segment has left.
    var isSettled: Bool { waiting.isEmpty }

    mutating func append(_ samples: [Int16]) -> [SpeechSegmenter.Event] {
        open.append(contentsOf: samples)
        return segmenter.append(samples)
    }

    /// Ends the open segment here.
    mutating func cutNow() -> SpeechSegmenter.Cut { segmenter.cutNow() }

    /// Queues the segment that `cut` ends. Its `words` are known at once if nothing was said.
    ///
    /// - Returns: The samples an engine should hear, or `nil` if none needs to.
    mutating func finish(
        _ cut: SpeechSegmenter.Cut, id: Int, speechFinal: Bool, fromFinalize: Bool
    ) -> [Int16]? {
        let frames = cut.frame - openStart
        let samples = Array(open[..<frames])
        let segment = Segment(
            id: id, start: openStart, frames: frames, speechFinal: speechFinal, fromFinalize: fromFinalize,
            words: cut.hasSpeech && frames > 0 ? nil : [])
        open.removeFirst(frames)
        openStart += frames
        waiting.append(.segment(segment))
        return segment.words == nil ? samples : nil
    }

    mutating func utteranceEnded() { waiting.append(.utteranceEnd) }

    mutating func recognised(_ id: Int, words: [RecognisedWord]) {
        for (index, item) in waiting.enumerated() {
            guard case .segment(var segment) = item, segment.id == id else { continue }
            segment.words = words
            waiting[index] = .segment(segment)
        }
    }

    /// Takes everything from the head of the queue that is complete.
    mutating func departures() -> [Departure] {
        var leaving: [Departure] = []
        while let first = waiting.first {
            switch first {
            case .segment(let segment):
                guard let words = segment.words else { return leaving }
                if let last = words.last {
                    lastWordEnd = Double(segment.start) / Double(sampleRate) + last.end
                }
                leaving.append(.segment(segment, words: words))
            case .utteranceEnd:
                // Noise that no engine took for a word ends no utterance.
                if let end = lastWordEnd { leaving.append(.utteranceEnd(lastWordEnd: end)) }
                lastWordEnd = nil
            }
            waiting.removeFirst()
        }
        return leaving
    }

    /// First frame of `open`.
    private(set) var openStart = 0
}
