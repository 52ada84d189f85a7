import Audio
import ControlProtocol
import Downlink
import NIOCore
import SpeechLink
import SpeechProtocol
import Timeline

/// Has texts spoken and knows what became of each: from `say` to the last sample that left the speaker.
///
/// Belongs to the event loop. While anything is under way it looks every 20 ms: fills the playback ring, and
/// tells the speak link how much waits, so that text goes out only as fast as it is heard.
final class ConversationDesk {
    /// How often the ring is filled, and how late `heard` may be told.
    static let pumpInterval = TimeAmount.milliseconds(20)

    enum Outcome: Equatable {
        case heard
        case interrupted
        case failed(message: String, remedy: String)
    }

    private struct Pending {
        let name: String
        var hasSound = false
        let done: (Outcome) -> Void
    }

    let link: SpeakLink
    let line: SpeakingLine
    private let rate: SampleRate
    private let loop: any EventLoop
    private let now: () -> BootTime
    private var pending: [UtteranceID: Pending] = [:]
    private var lastID: UInt64 = 0
    private var timer: LoopTimer?
    /// Told what the speak link says of itself.
    var tell: (SpeakEvent) -> Void = { _ in }
    /// Told what becomes of each utterance.
    var publish: (_ name: String, UtteranceEvent.State, _ detail: String?) -> Void = { _, _, _ in }

    init(
        link: SpeakLink, line: SpeakingLine, rate: SampleRate, loop: any EventLoop,
        now: @escaping () -> BootTime
    ) {
        self.link = link
        self.line = line
        self.rate = rate
        self.loop = loop
        self.now = now
    }

    /// Texts not yet heard to the end.
    var count: Int { pending.count }

    /// Has `text` spoken; `done` is called once, at its end. Returns the name it goes by, or why it was not
    /// accepted.
    func say(_ text: String, name wanted: String?, done: @escaping (Outcome) -> Void) -> Result<
        String, ControlError
    > {
        lastID += 1
        let id = UtteranceID(lastID)
        let name = wanted ?? "u\(lastID)"
        pending[id] = Pending(name: name, done: done)
        line.queue.begin(id)
        switch link.say(id, text) {
        case .accepted:
            publish(name, .accepted, nil)
            pump()
            return .success(name)
        case .tooLong: return .failure(refusal(id, "the text is too long", "Say it in several parts."))
        case .full:
            return .failure(
                refusal(id, "too many texts wait to be spoken", "Wait until some have been heard."))
        case .stopping: return .failure(refusal(id, "the daemon is stopping", "Ask again when it is back."))
        }
    }

    /// Silences everything, at once.
    func interrupt() {
        link.cancel()
        for id in line.queue.interrupt() { end(id, .interrupted) }
        link.queuedAudioChanged(.zero)
    }

    /// The speak link told something.
    func received(_ event: SpeakEvent) {
        switch event {
        case .audio(let id, let samples):
            if pending[id]?.hasSound == false {
                pending[id]?.hasSound = true
                publish(pending[id]?.name ?? "", .speaking, nil)
            }
            line.queue.append(samples, to: id)
            pump()
        case .ended(let id, .spoken):
            line.queue.complete(id)
            pump()
        case .ended(let id, let cause):
            fail(id, cause)
        case .state, .warning, .error, .note:
            tell(event)
        }
    }

    private func fail(_ id: UtteranceID, _ cause: UtteranceEnd) {
        switch cause {
        case .spoken, .cancelled: end(id, .interrupted)
        case .interrupted:
            end(id, .failed(message: "the connection broke in the middle of it", remedy: "Say it again."))
        case .unreachable:
            end(id, .failed(message: "the speech service cannot be reached", remedy: "See `earpost status`."))
        case .refused(let sentence):
            end(id, .failed(message: sentence, remedy: "See `earpost status`."))
        }
        line.queue.remove(id)
    }

    private func pump() {
        let ends = line.queue.pump(now: now())
        for (id, end) in ends {
            switch end {
            case .heard: self.end(id, .heard)
            case .interrupted: self.end(id, .interrupted)
            case .noSpeaker:
                let remedy = "Check playback.device; `earpost devices` lists the names."
                self.end(id, .failed(message: "there is no speaker", remedy: remedy))
            }
        }
        // Without a speaker nothing more need be synthesised.
        if ends.contains(where: { $0.1 == .noSpeaker }) { link.cancel() }
        let waiting = line.queue.queued.nanoseconds(at: rate)
        link.queuedAudioChanged(.nanoseconds(waiting))
        if line.queue.isIdle {
            timer?.stop()
            timer = nil
        } else if timer == nil {
            timer = LoopTimer(every: Self.pumpInterval, on: loop) { [weak self] in self?.pump() }
        }
    }

    private func end(_ id: UtteranceID, _ outcome: Outcome) {
        guard let entry = pending.removeValue(forKey: id) else { return }
        switch outcome {
        case .heard: publish(entry.name, .heard, nil)
        case .interrupted: publish(entry.name, .interrupted, nil)
        case .failed(let message, _): publish(entry.name, .failed, message)
        }
        entry.done(outcome)
    }

    private func refusal(_ id: UtteranceID, _ message: String, _ remedy: String) -> ControlError {
        pending[id] = nil
        line.queue.remove(id)
        return ControlError(code: .busy, message: message, remedy: remedy)
    }
}
