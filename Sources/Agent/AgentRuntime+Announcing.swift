import Audio
import Control
import ControlProtocol
import Crossing
import DeviceRecovery
import Journal
import Logging
import Playback
import SpeechLink
import System
import Timeline
import Transcript
import Uplink

// What the agent tells of itself: events on the control sockets, the service manager's status line, the log.

extension AgentRuntime {
    /// A link is in another state: everybody is told.
    func changed(_ log: LinkLog, _ part: String, to state: LinkState) {
        log.changed(to: state, now: .now)
        switch state {
        case .waiting(_, let error): logTrouble(.warning, "\(part) is down", part, error.sentence)
        case .refused(_, let error): logTrouble(.error, "\(part) is refused", part, error.sentence)
        case .open(let requestID):
            loggedTrouble[part] = nil
            logger.info("\(part) is open", metadata: ["request_id": "\(requestID ?? "")"])
        case .idle, .connecting, .closing, .closed: break
        }
        announce(part, log.word, log.detail)
        if !isStopping { manager.notify("STATUS=\(statusLine)") }
    }

    /// The same trouble at each attempt of a long outage is one line in the log.
    private func logTrouble(_ level: Logger.Level, _ message: String, _ part: String, _ why: String) {
        let isNews = loggedTrouble[part] != why
        loggedTrouble[part] = why
        logger.log(level: isNews ? level : .debug, "\(message)", metadata: ["why": "\(why)"])
    }

    /// Tells subscribers of a part's state, if it is news, and returns whether it is.
    @discardableResult
    func announce(_ part: String, _ state: String, _ detail: String? = nil) -> Bool {
        let news = "\(state) \(detail ?? "")"
        guard announced[part] != news else { return false }
        announced[part] = news
        publish(
            .state(StateEvent(part: part, state: state, detail: detail, at: ClockSample.now.wall.rfc3339)))
        return true
    }

    /// Looks at the parts that do not tell by themselves.
    func announceStates() {
        let trouble = status.deviceTroubles
        announceDevice("capture", status.isMuted ? "muted" : status.captureState, trouble.capture)
        if let conversation {
            announceDevice("playback", conversation.line.playback.device.word, trouble.playback)
        }
        announceTranscript()
    }

    private func announceDevice(_ part: String, _ state: String, _ trouble: String?) {
        guard announce(part, state, trouble) else { return }
        if let trouble {
            logger.warning("\(part) is \(state)", metadata: ["why": "\(trouble)"])
        } else {
            logger.info("\(part) is \(state)")
        }
    }

    private func announceTranscript() {
        let isFirst = announced["journal"] == nil
        let trouble = live.books.trouble?.description
        guard announce("journal", trouble == nil ? "ok" : "transcript_unwritten", trouble) else { return }
        if let trouble {
            logger.error(
                "the transcript cannot be written; its lines, and the audio they answer for, wait in memory",
                metadata: ["why": "\(trouble)", "key": "transcript.directory"])
        } else if !isFirst {
            logger.notice(
                "the transcript is written again", metadata: ["lost_lines": "\(live.books.lostLines)"])
        }
    }

    /// Whether the disk does not take what is to be kept.
    var isDiskTroubled: Bool { disk.isStalled || live.books.trouble != nil || live.log.trouble != nil }

    /// One line for `systemctl status`.
    var statusLine: String {
        let position = StreamPosition(frames: hearing.uplink.position.value).seconds(at: live.books.rate)
        let pending = live.books.ledger.pending.seconds(at: live.books.rate)
        return "capture \(status.captureState); link \(listenLog.word); "
            + "\(Int(position)) s on the timeline, \(Int(pending)) s not confirmed"
    }

    func publish(_ event: Event) { control?.publish(event) }

    /// A line of the transcript is an event, too.
    func publish(_ line: TranscriptLine) {
        switch line {
        case .session, .ledger: break
        case .final(let line): publish(.final(HeardEvent(line)))
        case .gap(let line):
            publish(
                .gap(
                    GapEvent(
                        session: line.session, start: line.start, end: line.end, at: line.at,
                        cause: line.cause)))
        case .clock(let line):
            logger.notice("the wall clock was set", metadata: ["by_ms": "\(line.offsetChangeMilliseconds)"])
            publish(
                .clock(
                    ClockEvent(
                        session: line.session, start: line.start, at: line.at, was: line.was,
                        offsetChangeMilliseconds: line.offsetChangeMilliseconds)))
        }
    }

    func speech(_ what: SpeechEvent.What, _ channel: Int, _ position: StreamPosition) {
        publish(
            .speech(
                SpeechEvent(
                    what, channel: channel, start: position.seconds(at: delivering.books.rate),
                    at: delivering.books.clock.wallTime(of: position).rfc3339)))
    }
}

extension HeardEvent {
    init(_ line: FinalLine) {
        self.init(
            session: line.session, start: line.start, end: line.end, at: line.at, channel: line.channel,
            text: line.text,
            confidence: line.confidence,
            words: line.words.map {
                Word(
                    word: $0.word, punctuated: $0.punctuated, start: $0.start, end: $0.end,
                    confidence: $0.confidence,
                    speaker: $0.speaker)
            }, requestID: line.requestID)
    }
}
