import Audio
import Timeline

/// One open Listen connection: what was sent where, what the answers mean on the session's timeline, when to
/// keep the connection alive, when to give it up for want of answers, and how to end it without losing the
/// last words.
///
/// Pure: no clock, no socket, no logger. `LinkStateMachine` decides when there is a connection at all,
/// `TransportWatch` whether its transport lives.
///
///            finishRequested              transportClosed
///     open ──────────────────▶ closing ───────────────────▶ ended
///       │                         │ deadlinePassed ─▶ abandon   ▲
///       ├── no answers ─▶ abandon │                             │
///       └─────────────────────────┴──── transportClosed ────────┘
///
/// The first packets may lie before the confirmed edge: a decoder that begins in the middle of a stream needs
/// some to settle. What the service says of them is known, and cut by the edge.
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
    /// Channels the service answers for: as many as were asked for, or fewer if it says so.
    private var answeredChannels: Int
    /// When to say KeepAlive; nil before the first audio, when it would not help.
    private var keepAliveDue: BootTime?
    /// When audio that does not go on is a pause; nil once it was looked at, until there is audio again.
    private var pauseDue: BootTime?
    private var answers: AnswerWatch
    private let pacePercent: Int
    /// Up to where results are final; handed on to the next connection.
    package private(set) var edges: ConfirmedEdges
    /// `edges` as the connection began.
    private let knownEdges: [StreamPosition]
    /// Whether anything was recognised on this connection.
    package private(set) var hasAnswered = false
    private let requestID: String?

    /// A connection just opened. `edges` is what earlier ones confirmed; `requestID` as the upgrade told it;
    /// `pacePercent` of real time is how fast audio is sent, hence answered.
    package init(
        rate: SampleRate, channels: Int, edges: ConfirmedEdges, requestID: String?,
        pacePercent: Int = Limits.pacePercent, answers: AnswerWatch.Settings = AnswerWatch.Settings()
    ) {
        precondition(pacePercent > 0, "audio is sent at some pace")
        map = StreamMap(rate: rate)
        finalSeconds = Array(repeating: 0, count: channels)
        answeredChannels = channels
        knownEdges = edges.channels
        self.pacePercent = pacePercent
        self.answers = AnswerWatch(rate: rate, settings: answers)
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
        case .open: [keepAliveDue, pauseDue, answers.nextDeadline].compactMap { $0 }.min()
        case .closing(let closing): closing.deadline
        case .ended: nil
        }
    }

    /// When the end will have come, if the service keeps up and `queued` is still sent before: what to tell
    /// whoever must be patient. Later than that the connection is given up, or answers are still coming.
    package func expectedFinish(queued: FrameCount = .zero, at now: BootTime) -> BootTime {
        switch state {
        case .open: now + finishTime(queued: queued)
        case .closing(let closing): closing.deadline
        case .ended: now
        }
    }

    // MARK: events

    /// `frames` from `position` on went out as one message.
    package mutating func audioSent(_ frames: FrameCount, at position: StreamPosition, now: BootTime) {
        precondition(takesAudio, "no audio is sent after CloseStream")
        map.append(frames, at: position)
        keepAliveDue = now + Limits.keepAliveTime
        pauseDue = now + Limits.pauseTime
        answers.audioSent(frames, at: now)
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
        case .results(let results):
            answers.answered()
            return resultsReceived(results)
        case .metadata(let metadata): return .summary(metadata)
        case .speechStarted(let channel, let seconds):
            answers.answered()
            guard let position = map.position(seconds: seconds) else { return .none }
            return position < known(channel) ? .repeated : .speechStarted(channel: channel, at: position)
        case .utteranceEnd(let channel, let seconds):
            answers.answered()
            let position = seconds.flatMap { map.position(seconds: $0, asEnd: true) }
            return position.map { $0 < known(channel) } ?? false
                ? .repeated : .utteranceEnded(channel: channel, at: position)
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
        /// The service does not answer, or does not finish: tear the transport down, and tell
        /// `transportClosed` of this cause.
        case abandon(CloseCause)
        case none
    }

    /// `nextDeadline` is reached. `hasQueued`: audio waits to be sent, which keeps alive better than words.
    package mutating func deadlinePassed(hasQueued: Bool, at now: BootTime) -> OnDeadline {
        switch state {
        case .open: return openDeadlinePassed(hasQueued: hasQueued, at: now)
        case .closing(let closing):
            guard closing.deadline <= now else { return .none }
            state = .ended
            return .abandon(.endUnanswered)
        case .ended:
            return .none
        }
    }

    /// One thing at a time: what else is due is due at once.
    private mutating func openDeadlinePassed(hasQueued: Bool, at now: BootTime) -> OnDeadline {
        switch answers.deadlinePassed(at: now) {
        case .probe: return finalize(at: now)
        // `transportClosed` makes an end of it.
        case .abandon: return .abandon(.serviceUnanswering)
        case .none: break
        }
        if let due = pauseDue, due <= now {
            // What waits for the pace or for the transport is no pause.
            pauseDue = hasQueued ? now + Limits.pauseTime : nil
            if !hasQueued, unfinalSeconds > Limits.finalSlack / .seconds(1) { return finalize(at: now) }
        }
        if let due = keepAliveDue, due <= now {
            keepAliveDue = now + Limits.keepAliveTime
            if !hasQueued { return .send(.keepAlive) }
        }
        return .none
    }

    /// Text keeps alive, too.
    private mutating func finalize(at now: BootTime) -> OnDeadline {
        keepAliveDue = now + Limits.keepAliveTime
        return .send(.finalize(channel: nil))
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
            let time = finishTime(queued: .zero)
            let longest = min(max(Limits.closeTimeMax, time * 2), Limits.closeTimeHardMax)
            state = .closing(Closing(limit: now + longest, deadline: now + min(time, longest)))
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
                answeredChannels = max(1, min(finalSeconds.count, results.channelCount))
                map.forget(beforeSeconds: finalSecondsOfAll - 60)
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

    /// Before it everything of `channel` was told by earlier connections, and audio is sent again only for
    /// the decoder.
    private func known(_ channel: Int) -> StreamPosition {
        knownEdges.indices.contains(channel) ? knownEdges[channel] : edges.complete
    }

    /// Seconds of this connection that are final on every channel the service answers for.
    private var finalSecondsOfAll: Double { finalSeconds.prefix(answeredChannels).min() ?? 0 }

    private var unfinalSeconds: Double { max(0, map.sent.seconds(at: map.rate) - finalSecondsOfAll) }

    /// For sending `queued`, for the answers to it and to what is not final, at the pace, and for the end.
    private func finishTime(queued: FrameCount) -> Duration {
        let audio = unfinalSeconds + max(0, queued.seconds(at: map.rate))
        return Limits.closeTime + .seconds(audio) * 100 / pacePercent
    }

    /// Whether the service says it received all that was sent, within the noise of its arithmetic.
    private func covers(_ summary: ListenMetadata) -> Bool {
        guard let duration = summary.duration else { return true }
        return duration >= map.sent.seconds(at: map.rate) - 0.1
    }
}
