import Timeline

/// What to say to the Speak service and when, across connections: texts go out piece by piece, each with its
/// Flush, and the next one only when all audio of the last has come and little of it still waits to be heard.
/// Synthesis is faster than speech, so memory stays bounded and nobody ever has to stop reading.
///
/// Pure: no clock, no socket, no logger. Events change it; `nextStep` is then asked until it says `wait`.
///
///              connectionOpened         nextStep: Speak, Flush
///     closed ────────────────▶ ready ◀────────────────────────▶ speaking
///       ▲                        │  ▲       Flushed                 │
///       │                        │  └─────────── clearing ◀─────────┤ cancelled: Clear
///       │    connectionClosed    ▼              Cleared             │
///       └──────────────────── closing   ◀── any ── connectionClosed ┘
package struct SpeakSession: Sendable {
    private enum State {
        case closed
        case ready(Connection)
        case speaking(Connection, InFlight)
        case clearing(Connection, deadline: BootTime)
        case closing(deadline: BootTime)
    }

    private struct Connection {
        let openedAt: BootTime
        var idleSince: BootTime
        /// Flushes of cleared text; their answers may still come.
        var staleFlushes = 0
    }

    private struct InFlight {
        let id: UtteranceID
        var hasAudio = false
        var deadline: BootTime
    }

    private var state = State.closed
    private var queue: [Utterance] = []
    private var ended: [(id: UtteranceID, end: UtteranceEnd)] = []
    private var commands: [SpeakCommand] = []
    private var queuedAudio = Duration.zero
    private var characters = RateWindow(limit: Limits.charactersPerWindow)
    private var flushes = RateWindow(limit: Limits.flushesPerWindow)
    private var isStopping = false
    private let splitter: SentenceSplitter
    private let keepWarm: Bool

    /// `keepWarm`: hold a connection open also while there is nothing to say.
    package init(keepWarm: Bool, splitter: SentenceSplitter = SentenceSplitter()) {
        self.keepWarm = keepWarm
        self.splitter = splitter
    }

    /// Whether there is something to connect for.
    package var wantsConnection: Bool {
        switch state {
        case .closed: !queue.isEmpty || (keepWarm && !isStopping)
        case .ready, .speaking, .clearing, .closing: false
        }
    }

    /// Whether nothing is left to do after `stopRequested`.
    package var isFinished: Bool {
        switch state {
        case .closed: isStopping && queue.isEmpty && ended.isEmpty
        case .ready, .speaking, .clearing, .closing: false
        }
    }

    // MARK: events from our side

    /// What became of a text that was to be spoken.
    package enum OnQueued: Equatable {
        case accepted
        /// Longer than `Limits.utteranceBytesMax`.
        case tooLong
        /// `Limits.utterancesMax` texts wait already.
        case full
        /// No more is taken: the session is ending.
        case stopping
    }

    /// A text is to be spoken after those before it. Its end is always told, by `Step.ended`.
    package mutating func utteranceQueued(_ id: UtteranceID, text: String, at now: BootTime) -> OnQueued {
        guard !isStopping else { return .stopping }
        guard text.utf8.count <= Limits.utteranceBytesMax else { return .tooLong }
        guard queue.count < Limits.utterancesMax else { return .full }
        let pieces = splitter.pieces(of: text)
        if pieces.isEmpty {
            ended.append((id, .spoken))
        } else {
            queue.append(Utterance(id: id, pieces: pieces[...], waitingSince: now))
        }
        return .accepted
    }

    /// Somebody speaks, or a program takes everything back: nothing more of what was queued may sound.
    package mutating func cancelled(at now: BootTime) {
        ended += queue.map { ($0.id, .cancelled) }
        queue = []
        switch state {
        case .speaking(var connection, _):
            connection.staleFlushes += 1
            commands.append(.clear)
            state = .clearing(connection, deadline: now + Limits.speakAnswerTime)
        // Nothing of ours is at the service.
        case .closed, .ready, .clearing, .closing: break
        }
    }

    /// So much audio waits to be heard on our side.
    package mutating func queuedAudioChanged(_ duration: Duration) { queuedAudio = duration }

    /// What is queued is still spoken, then the connection closed.
    package mutating func stopRequested() { isStopping = true }

    // MARK: events from the connection

    package mutating func connectionOpened(at now: BootTime) {
        switch state {
        case .closed: state = .ready(Connection(openedAt: now, idleSince: now))
        case .ready, .speaking, .clearing, .closing: preconditionFailure("one connection at a time")
        }
    }

    /// Whether the connection ended as planned.
    package enum OnClosed: Equatable {
        /// As planned.
        case finished
        case lost
    }

    package mutating func connectionClosed(at now: BootTime) -> OnClosed {
        defer {
            state = .closed
            commands = []
            for index in queue.indices { queue[index].waitingSince = now }
        }
        switch state {
        case .closing: return .finished
        case .speaking(_, let flight):
            // What has begun to sound is not said twice, and what the service never answers not for ever.
            queue[0].losses += 1
            if flight.hasAudio || queue[0].losses >= Limits.utteranceLossesMax { endFirst(.interrupted) }
            return .lost
        case .closed, .ready, .clearing: return .lost
        }
    }

    /// The service will not have us until settings change: nobody should wait for it.
    package mutating func connectionRefused(sentence: String) {
        ended += queue.map { ($0.id, .refused(sentence: sentence)) }
        queue = []
    }

    /// What to do with audio that came in.
    package enum OnAudio: Equatable {
        case deliver(UtteranceID)
        /// Of cleared text.
        case discard
    }

    package mutating func audioReceived(at now: BootTime) -> OnAudio {
        switch state {
        case .speaking(let connection, var flight):
            flight.hasAudio = true
            flight.deadline = now + Limits.speakAnswerTime
            state = .speaking(connection, flight)
            return .deliver(flight.id)
        case .closed, .ready, .clearing, .closing: return .discard
        }
    }

    /// What a message of the service means.
    package enum OnMessage: Equatable {
        case metadata(requestID: String?)
        case warning(ServiceNotice)
        case error(ServiceNotice)
        /// Worth a line in the log at most.
        case note(String)
        /// All audio before is whole: an odd byte belongs to nothing.
        case audioComplete
        case none
    }

    package mutating func messageReceived(_ message: SpeakMessage, at now: BootTime) -> OnMessage {
        switch message {
        case .metadata(let requestID, _): return .metadata(requestID: requestID)
        case .warning(let notice): return .warning(notice)
        case .error(let notice): return .error(notice)
        case .unknown(let type): return .note("the service sent a message of unknown type \(type)")
        case .malformed(let reason): return .note("the service sent a message that makes no sense: \(reason)")
        case .flushed: return flushed(at: now)
        case .cleared:
            switch state {
            case .clearing(var connection, _):
                connection.idleSince = now
                state = .ready(connection)
                return .audioComplete
            case .closed, .ready, .speaking, .closing: return .none
            }
        }
    }

    private mutating func flushed(at now: BootTime) -> OnMessage {
        switch state {
        case .speaking(var connection, let flight):
            if !flight.hasAudio, connection.staleFlushes > 0 {
                connection.staleFlushes -= 1
                state = .speaking(connection, flight)
                return .none
            }
            connection.idleSince = now
            state = .ready(connection)
            queue[0].pieces.removeFirst()
            queue[0].losses = 0
            queue[0].isUnderWay = true
            if queue[0].pieces.isEmpty { endFirst(.spoken) }
            return .audioComplete
        case .clearing(var connection, let deadline):
            connection.staleFlushes = max(0, connection.staleFlushes - 1)
            state = .clearing(connection, deadline: deadline)
            return .none
        case .closed, .ready, .closing: return .none
        }
    }

    // MARK: steps

    /// What to do next; after all but `wait`, ask again.
    package enum Step: Equatable {
        case send([SpeakCommand])
        /// The service does not answer: tear the transport down; `connectionClosed` has been taken care of.
        case abandon
        case ended(UtteranceID, UtteranceEnd)
        /// Nothing to do before `until` (nil: before the next event).
        case wait(until: BootTime?)
    }

    /// The next thing to do. Ask again after doing it, until it is `wait`; and again after each event.
    package mutating func nextStep(at now: BootTime) -> Step {
        if !ended.isEmpty {
            let first = ended.removeFirst()
            return .ended(first.id, first.end)
        }
        if !commands.isEmpty { return .send([commands.removeFirst()]) }
        switch state {
        case .closed: return closedStep(at: now)
        case .ready(let connection): return readyStep(connection, at: now)
        case .speaking(_, let flight): return answerStep(flight.deadline, at: now)
        case .clearing(_, let deadline), .closing(let deadline): return answerStep(deadline, at: now)
        }
    }

    private mutating func closedStep(at now: BootTime) -> Step {
        guard let first = queue.first else { return .wait(until: nil) }
        let deadline = first.waitingSince + Limits.utteranceWaitMax
        guard deadline <= now else { return .wait(until: deadline) }
        endFirst(first.isUnderWay ? .interrupted : .unreachable)
        return nextStep(at: now)
    }

    private mutating func readyStep(_ connection: Connection, at now: BootTime) -> Step {
        let age = now - connection.openedAt
        guard let first = queue.first, let piece = first.pieces.first else {
            return idleStep(connection, at: now)
        }
        let ageMax = first.isUnderWay ? Limits.speakAgeHardMax : Limits.speakAgeMax
        if age >= ageMax { return close(at: now) }
        guard queuedAudio < Limits.queuedAudioMax else {
            return .wait(until: connection.openedAt + ageMax)
        }
        let size = piece.utf8.count
        let due = max(characters.next(size, at: now), flushes.next(1, at: now))
        guard due <= now else { return .wait(until: due) }
        characters.used(size, at: now)
        flushes.used(1, at: now)
        state = .speaking(connection, InFlight(id: first.id, deadline: now + Limits.speakAnswerTime))
        return .send([.speak(piece), .flush])
    }

    private mutating func idleStep(_ connection: Connection, at now: BootTime) -> Step {
        let aged = connection.openedAt + Limits.speakAgeMax
        let due = keepWarm ? aged : min(aged, connection.idleSince + Limits.speakIdleTime)
        return isStopping || due <= now ? close(at: now) : .wait(until: due)
    }

    private mutating func close(at now: BootTime) -> Step {
        state = .closing(deadline: now + Limits.speakCloseTime)
        return .send([.close])
    }

    private mutating func answerStep(_ deadline: BootTime, at now: BootTime) -> Step {
        guard deadline <= now else { return .wait(until: deadline) }
        _ = connectionClosed(at: now)
        return .abandon
    }

    private mutating func endFirst(_ end: UtteranceEnd) {
        ended.append((queue.removeFirst().id, end))
    }
}
