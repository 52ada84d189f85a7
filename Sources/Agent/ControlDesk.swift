import Configuration
import ControlProtocol
import Crossing
import NIOCore
import Timeline
import Uplink

/// Does what clients of the control socket ask for.
struct ControlDesk {
    let loaded: LoadedConfiguration
    let status: StatusReporter
    let hearing: HearingLine
    let conversation: ConversationDesk?
    let survey: SurveyDesk
    let loop: any EventLoop
    let clock: () -> ClockSample
    /// Told when muted or paused changed.
    let silenced: () -> Void

    /// One request; `reply` is called as `ControlServer.Handler` says.
    func handle(_ request: Request, _ reply: @escaping (Response.Body) -> Void) {
        switch request.verb {
        case .status: reply(.status(status.snapshot(now: clock())))
        case .config: reply(.config(report))
        case .devices: survey.list(reply)
        case .say(let text, let utterance): say(text, utterance, reply)
        case .stop:
            conversation?.interrupt()
            reply(.done)
        case .mute: silence(muted: true, reply)
        case .unmute: silence(muted: false, reply)
        case .pause: silence(paused: true, reply)
        case .resume: silence(paused: false, reply)
        case .tail: reply(.done)
        }
    }

    private func silence(muted: Bool? = nil, paused: Bool? = nil, _ reply: (Response.Body) -> Void) {
        hearing.silence(
            muted: muted ?? hearing.controls.muted.isRaised,
            paused: paused ?? hearing.controls.paused.isRaised)
        silenced()
        reply(.done)
    }

    private func say(_ text: String, _ utterance: String?, _ reply: @escaping (Response.Body) -> Void) {
        guard let conversation else {
            let remedy = "Name the speaker in playback.device; `earpost devices` lists the names."
            reply(
                .failed(
                    ControlError(code: .unavailable, message: "this daemon has no speaker", remedy: remedy)))
            return
        }
        // The end may come before `say` returns; the client hears `accepted` first all the same.
        let later = NIOLoopBound(reply, eventLoop: loop)
        let box = NIOLoopBoundBox<String>("", eventLoop: loop)
        let accepted = conversation.say(text, name: utterance) { outcome in
            later.eventLoop.execute {
                switch outcome {
                case .heard: later.value(.say(SayProgress(.heard, utterance: box.value)))
                case .interrupted: later.value(.say(SayProgress(.interrupted, utterance: box.value)))
                case .failed(let message, let remedy):
                    later.value(.failed(ControlError(code: .failed, message: message, remedy: remedy)))
                }
            }
        }
        switch accepted {
        case .success(let name):
            box.value = name
            reply(.say(SayProgress(.accepted, utterance: name)))
        case .failure(let error): reply(.failed(error))
        }
    }

    private var report: ConfigurationReport {
        ConfigurationReport(
            file: loaded.source,
            entries: loaded.settings.map { .init(key: $0.key, value: $0.value, source: $0.from) })
    }
}
