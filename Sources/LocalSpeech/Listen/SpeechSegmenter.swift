/// Cuts one channel's audio into segments by energy, so that the segments partition the timeline.
///
/// Pure: frames in, boundaries out. Works on windows of 20 ms. Speech is a window whose level exceeds the
/// noise floor threefold; the floor follows quiet windows quickly and rises slowly.
///
/// ```
///   silence ──(3 loud windows)──▶ speech ──(endSilence of quiet windows)──▶ silence
///      │ every 5 s: cut, no speech     │ every 15 s: cut at the quietest recent window
/// ```
package struct SpeechSegmenter: Sendable {
    /// How segments are found.
    package enum Method: Equatable, Sendable {
        /// Every so many frames, whatever is heard.
        case fixed(frames: Int)
        /// By voice activity: a pause of `endSilenceFrames` ends a segment; after `utteranceEndFrames` of
        /// quiet an utterance has ended.
        case voice(endSilenceFrames: Int, utteranceEndFrames: Int?)
    }

    /// What the segmenter noticed. Frames are counted from the connection's first.
    package enum Event: Equatable, Sendable {
        /// Speech began at this frame.
        case speechStarted(frame: Int)
        /// A segment ends before this frame.
        case cut(Cut)
        /// Nothing was said for the configured time.
        case utteranceEnded
    }

    /// The end of a segment, before `frame`, counted from the connection's first.
    package struct Cut: Equatable, Sendable {
        package var frame: Int
        /// Whether speech was heard since the last boundary.
        package var hasSpeech: Bool
        /// Whether a pause made this cut.
        package var atPause: Bool
    }

    /// Frames received.
    package private(set) var position = 0
    /// Where the open segment begins.
    package private(set) var boundary = 0
    /// Whether speech was heard in the open segment.
    package private(set) var hasSpeech = false

    private let sampleRate: Int
    private let method: Method
    private let windowFrames: Int

    private var windowEnergy = 0.0
    private var windowFill = 0
    private var noiseFloor = 50.0
    private var speaking = false
    private var loudWindows = 0
    private var lastLoudFrame = 0
    private var awaitsUtteranceEnd = false
    /// Level of each whole window since the last boundary, with the frame behind it.
    private var levels: [(end: Int, level: Double)] = []

    private static let onsetWindows = 3
    private static let quietestThreshold = 100.0
    private static let floorRange = 20.0...2000.0
    private static let silenceSeconds = 5
    private static let speechSeconds = 15
    private static let leadInMilliseconds = 300
    private static let searchSeconds = 3

    package init(sampleRate: Int, method: Method) {
        self.sampleRate = sampleRate
        self.method = method
        windowFrames = max(1, sampleRate / 50)
    }

    /// Takes the next samples and tells what they decided, in order.
    package mutating func append(_ samples: [Int16]) -> [Event] {
        var events: [Event] = []
        for sample in samples {
            position += 1
            windowFill += 1
            windowEnergy += Double(sample) * Double(sample)
            if windowFill == windowFrames { closeWindow(&events) }
        }
        return events
    }

    /// Ends the open segment here, even if it is empty.
    package mutating func cutNow() -> Cut {
        let cut = Cut(frame: position, hasSpeech: hasSpeech, atPause: false)
        begin(at: position)
        hasSpeech = speaking
        windowFill = 0
        windowEnergy = 0
        return cut
    }

    private mutating func closeWindow(_ events: inout [Event]) {
        let level = (windowEnergy / Double(windowFill)).squareRoot()
        windowFill = 0
        windowEnergy = 0
        switch method {
        case .fixed(let frames):
            hasSpeech = true
            guard position - boundary >= frames else { return }
            events.append(.cut(Cut(frame: position, hasSpeech: true, atPause: false)))
            begin(at: position)
        case .voice(let endSilence, let utteranceEnd):
            levels.append((position, level))
            let loud = level > max(noiseFloor * 3, Self.quietestThreshold)
            follow(level)
            loudWindows = loud ? loudWindows + 1 : 0
            if loud { lastLoudFrame = position }
            if speaking {
                continueSpeech(endSilence: endSilence, &events)
            } else {
                continueSilence(&events)
            }
            endUtterance(after: utteranceEnd, &events)
        }
    }

    private mutating func follow(_ level: Double) {
        if level < noiseFloor {
            noiseFloor = noiseFloor * 0.7 + level * 0.3
        } else {
            noiseFloor *= speaking ? 1.001 : 1.01
        }
        noiseFloor = min(max(noiseFloor, Self.floorRange.lowerBound), Self.floorRange.upperBound)
    }

    private mutating func continueSilence(_ events: inout [Event]) {
        guard loudWindows < Self.onsetWindows else {
            let onset = position - loudWindows * windowFrames
            let leadIn = max(boundary, onset - sampleRate * Self.leadInMilliseconds / 1000)
            if leadIn - boundary >= sampleRate {
                events.append(.cut(Cut(frame: leadIn, hasSpeech: false, atPause: false)))
                begin(at: leadIn)
            }
            speaking = true
            hasSpeech = true
            awaitsUtteranceEnd = true
            events.append(.speechStarted(frame: max(boundary, onset)))
            return
        }
        // A loud window may be the first of a word: wait for the next one before cutting.
        guard loudWindows == 0, position - boundary >= sampleRate * Self.silenceSeconds else { return }
        events.append(.cut(Cut(frame: position, hasSpeech: false, atPause: false)))
        begin(at: position)
    }

    private mutating func continueSpeech(endSilence: Int, _ events: inout [Event]) {
        if position - lastLoudFrame >= endSilence {
            speaking = false
            events.append(.cut(Cut(frame: position, hasSpeech: true, atPause: true)))
            begin(at: position)
            return
        }
        guard position - boundary >= sampleRate * Self.speechSeconds else { return }
        let from = position - sampleRate * Self.searchSeconds
        let quietest = levels.filter { $0.end > from }.min { $0.level < $1.level }?.end ?? position
        events.append(.cut(Cut(frame: quietest, hasSpeech: true, atPause: false)))
        begin(at: quietest)
        hasSpeech = true
    }

    private mutating func endUtterance(after frames: Int?, _ events: inout [Event]) {
        guard let frames, awaitsUtteranceEnd, !speaking, position - lastLoudFrame >= frames else { return }
        awaitsUtteranceEnd = false
        events.append(.utteranceEnded)
    }

    private mutating func begin(at frame: Int) {
        boundary = frame
        hasSpeech = false
        levels.removeAll { $0.end <= frame }
    }
}
