import ControlProtocol
import SpeechLink
import SpeechProtocol
import Timeline
import Transcript

/// What there is to say of one link: its state, since when, and its last trouble.
final class LinkLog {
    private(set) var state = LinkState.idle
    private(set) var trouble: TroubleStatus?
    /// Both sides' count of the last connection the service gave an account of.
    var account: AccountStatus?
    private var since: ClockSample
    /// Connections that opened.
    private var opens = 0

    init(now: ClockSample) { since = now }

    /// The link is in another state.
    func changed(to state: LinkState, now: ClockSample) {
        self.state = state
        since = now
        switch state {
        case .open: opens += 1
        case .waiting(_, let error), .refused(_, let error):
            trouble = TroubleStatus(message: error.message, remedy: error.remedy, at: now.wall.rfc3339)
        case .idle, .connecting, .closing, .closed: break
        }
    }

    /// The word for the state.
    var word: String {
        switch state {
        case .idle: "idle"
        case .connecting: "connecting"
        case .open: "open"
        case .waiting: "waiting"
        case .refused: "refused"
        case .closing: "closing"
        case .closed: "closed"
        }
    }

    /// The sentence that belongs to the state, if any.
    var detail: String? {
        switch state {
        case .waiting(_, let error), .refused(_, let error): error.sentence
        case .open(let requestID): requestID.map { "request \($0)" }
        case .idle, .connecting, .closing, .closed: nil
        }
    }

    func status(now: ClockSample, quota: QuotaStatus? = nil) -> LinkStatus {
        var requestID: String?
        var next: BootTime?
        switch state {
        case .open(let id): requestID = id
        case .waiting(let until, _), .refused(let until, _): next = until
        case .idle, .connecting, .closing, .closed: break
        }
        return LinkStatus(
            state: word, since: now.wallTime(of: since.boot).rfc3339, requestID: requestID,
            lastError: trouble,
            reconnects: max(0, opens - 1), nextAttempt: next.map { now.wallTime(of: $0).rfc3339 },
            account: account, quota: quota)
    }
}
