import Audio
import Timeline

/// One open Listen connection: what was sent where, what the answers mean on the session's timeline, when to
/// keep the connection alive, and how to end it without losing the last words.
///
/// Pure: no clock, no socket, no logger. `LinkStateMachine` decides when there is a connection at all.
///
///            finishRequested              transportClosed
///     open ──────────────────▶ closing ───────────────────▶ ended
///       │                         │ deadlinePassed ─▶ abandon   ▲
///       └─────────────────────────┴──── transportClosed ────────┘
package struct ListenSession: Sendable {
    private enum State {
        case open
        case closing(Closing)
        case ended
    }

    private struct Closing {
        let limit: BootTime
        var deadline: BootTime
        var summary: ListenMetadata?
    }

    private var state = State.open
    private var map: StreamMap
    /// Seconds of this connection whose results are final, channel by channel.
    private var finalSeconds: [Double]
    /// When to say KeepAlive; nil before the first audio, when it would not help.
    private var keepAliveDue: BootTime?
    /// Up to where results are final; handed on to the next connection.
    package private(set) var edges: ConfirmedEdges
    /// Whether anything was recognised on this connection.
    package private(set) var hasAnswered = false
    private let requestID: String?

    /// A connection just opened. `edges` is what earlier ones confirmed; `requestID` as the upgrade told it.
    package init(rate: SampleRate, channels: Int, edges: ConfirmedEdges, requestID: String?) {
        map = StreamMap(rate: rate)
        finalSeconds = Array(repeating: 0, count: channels)
        self.edges = edges
        self.requestID = requestID
    }

    /// Frames sent on this connection.
    package var sent: FrameCount { map.sent }

    /// Whether audio may still be sent; none may after CloseStream.
    package var takesAudio: Bool {
        switch state {
        case .open: true
        case .closing, .ended: false
        }
    }

    /// When `deadlinePassed` is to be called; nil: no need.
    package var nextDeadline: BootTime? {
        switch state {
        case .open: keepAliveDue
        case .closing(let closing): closing.deadline
        case .ended: nil
        }
    }

    // MARK: events

    /// `frames` from `position` on went out as one message.
    package mutating func audioSent(_ frames: FrameCount, at position: StreamPosition, now: BootTime) {
        precondition(takesAudio, "no audio is sent after CloseStream")
        map.append(frames, at: position)
        keepAliveDue = now + Limits.keepAliveTime
    }

    /// What a message of the service means for the transcript.
    package enum OnMessage: Equatable {
        /// News: `confirmed` is how far all channels are final with it.
        case publish(RecognisedResult, confirmed: StreamPosition)
        case speechStarted(channel: Int, at: StreamPosition)
        /// After the last word, nil where the service does not say when that was.
        case utteranceEnded(channel: Int, at: StreamPosition?)
        case summary(ListenMetadata)
        case warning(ServiceNotice)
        case error(ServiceNotice)
        /// Worth a line in the log at most.
        case note(String)
        /// About audio that was final before.
        case repeated
        case none
    }

    package mutating func messageReceived(_ message: ListenMessage, at now: BootTime) -> OnMessage {
        switch state {
        case .open: break
        case .closing(var closing):
            // Answers still come: give the next one its time too.
            closing.deadline = min(closing.limit, max(closing.deadline, now + Limits.closeTime))
            if case .metadata(let metadata) = message { closing.summary = metadata }
            state = .closing(closing)
        // Read from the socket before it was closed.
        case .ended: return .none
        }
        switch message {
        case .results(let results): return resultsReceived(results)
        case .metadata(let metadata): return .summary(metadata)
        case .speechStarted(let channel, let seconds):
            return map.position(seconds: seconds).map { .speechStarted(channel: channel, at: $0) } ?? .none
        case .utteranceEnd(let channel, let seconds):
            return .utteranceEnded(
                channel: channel, at: seconds.flatMap { map.position(seconds: $0, asEnd: true) })
        case .configureSuccess: return .none
        case .configureFailure(let notice), .warning(let notice): return .warning(notice)
        case .error(let notice): return .error(notice)
        case .unknown(let type): return .note("the service sent a message of unknown type \(type)")
        case .malformed(let reason): return .note("the service sent a message that makes no sense: \(reason)")
        }
    }

    /// What to do at the deadline.
    package enum OnDeadline: Equatable {
        case send(ListenCommand)
        /// The service does not finish: tear the transport down.
        case abandon
        case none
    }

    /// `nextDeadline` is reached. `hasQueued`: audio waits to be sent, which keeps alive better than words.
    package mutating func deadlinePassed(hasQueued: Bool, at now: BootTime) -> OnDeadline {
        switch state {
        case .open:
            guard let due = keepAliveDue, due <= now else { return .none }
            keepAliveDue = now + Limits.keepAliveTime
            return hasQueued ? .none : .send(.keepAlive)
        case .closing(let closing):
            guard closing.deadline <= now else { return .none }
            state = .ended
            return .abandon
        case .ended:
            return .none
        }
    }

    /// What to do to end the connection in order.
    package enum OnFinish: Equatable {
        /// Say these, send no more audio, and read on until the service closes.
        case send([ListenCommand])
        case none
    }

    /// All audio there is has been sent, and the connection is to end in order.
    package mutating func finishRequested(at now: BootTime) -> OnFinish {
        switch state {
        case .open:
            let unanswered = max(0, map.sent.seconds(at: map.rate) - (finalSeconds.min() ?? 0))
            let limit = now + Limits.closeTimeMax
            let deadline = now + Limits.closeTime + .seconds(unanswered)
            state = .closing(Closing(limit: limit, deadline: min(limit, deadline)))
            return .send(map.sent > .zero ? [.finalize(channel: nil), .closeStream] : [.closeStream])
        case .closing, .ended:
            return .none
        }
    }

    /// What became of the audio that was sent.
    package enum OnClosed: Equatable {
        /// The service has dealt with everything sent.
        case complete(confirmed: StreamPosition)
        /// What is not final must be sent again.
        case lost
        /// Known.
        case none
    }

    package mutating func transportClosed(_ cause: CloseCause) -> OnClosed {
        switch state {
        case .open:
            state = .ended
            return .lost
        case .closing(let closing):
            state = .ended
            guard let end = map.end else { return .complete(confirmed: edges.complete) }
            guard let summary = closing.summary, covers(summary) else { return .lost }
            edges.confirmAll(end)
            return .complete(confirmed: edges.complete)
        case .ended:
            return .none
        }
    }

    // MARK: results

    private mutating func resultsReceived(_ results: ListenResults) -> OnMessage {
        let endSeconds = results.start + results.duration
        // A result without length has one place, the end of what precedes it; at a joint the start would lie
        // beyond.
        let isPoint = results.duration == 0
        guard let start = map.position(seconds: results.start, asEnd: isPoint),
            let end = map.position(seconds: endSeconds, asEnd: true)
        else { return .note("the service sent results before any audio") }
        if !results.transcript.isEmpty { hasAnswered = true }
        let result = RecognisedResult(
            channel: results.channel, channelCount: results.channelCount, start: start, end: max(start, end),
            isFinal: results.isFinal, speechFinal: results.speechFinal, text: results.transcript,
            confidence: results.confidence, words: results.words.compactMap(word),
            requestID: requestID ?? results.requestID)
        let isNews = !edges.covers(result.end, channel: results.channel)
        if results.isFinal {
            edges.confirm(result.end, channel: results.channel, of: results.channelCount)
            if finalSeconds.indices.contains(results.channel) {
                finalSeconds[results.channel] = max(finalSeconds[results.channel], endSeconds)
                // A late word may begin a little before its result does.
                map.forget(beforeSeconds: (finalSeconds.min() ?? 0) - 60)
            }
        }
        return isNews ? .publish(result, confirmed: edges.complete) : .repeated
    }

    private func word(_ word: ListenResults.Word) -> RecognisedWord? {
        guard let start = map.position(seconds: word.start),
            let end = map.position(seconds: word.end, asEnd: true)
        else { return nil }
        return RecognisedWord(
            word: word.word, punctuated: word.punctuated ?? word.word, start: start, end: max(start, end),
            confidence: word.confidence, speaker: word.speaker)
    }

    /// Whether the service says it received all that was sent, within the noise of its arithmetic.
    private func covers(_ summary: ListenMetadata) -> Bool {
        guard let duration = summary.duration else { return true }
        return duration >= map.sent.seconds(at: map.rate) - 0.1
    }
}
