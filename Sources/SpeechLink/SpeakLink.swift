import NIOCore
import SpeechProtocol
import Timeline

/// Has texts spoken by the Speak service, one after the other, and hands on their samples.
///
/// Runs on: the event loop of its settings only, `init` excepted. The sink is called there too.
package final class SpeakLink {
    private let request: SpeakRequest
    private let settings: LinkSettings
    private let connector: LinkConnector
    private let sink: (SpeakEvent) -> Void
    private let codec = MessageCodec()
    private var session: SpeakSession
    private var aligner = SampleAligner()
    private var connection: (any LinkTransport)?
    private let finished: EventLoopPromise<Void>
    private var isFinished = false
    private var isStepping = false
    private lazy var timer = DeadlineTimer(on: settings.loop) { [weak self] in self?.step() }

    /// Where the link stands.
    package private(set) var state = LinkState.idle

    /// `keepWarm`: hold a connection open also while there is nothing to say, for a quick answer.
    package init(
        request: SpeakRequest, settings: LinkSettings, keepWarm: Bool, sink: @escaping (SpeakEvent) -> Void
    ) {
        self.request = request
        self.settings = settings
        self.sink = sink
        connector = LinkConnector(url: request.url, settings: settings)
        session = SpeakSession(keepWarm: keepWarm)
        finished = settings.loop.makePromise()
    }

    deinit { if !isFinished { finished.succeed(()) } }

    // MARK: face

    package func start() {
        settings.loop.preconditionInEventLoop()
        connector.start(for: self)
        step()
    }

    /// Has `text` spoken after what was said before. If it is accepted, `SpeakEvent.ended` tells of its end.
    package func say(_ id: UtteranceID, _ text: String) -> SpeakSession.OnQueued {
        settings.loop.preconditionInEventLoop()
        let answer = session.utteranceQueued(id, text: text, at: settings.now)
        step()
        return answer
    }

    /// Takes back everything said and not heard yet; no more audio of it is handed on.
    package func cancel() {
        settings.loop.preconditionInEventLoop()
        session.cancelled(at: settings.now)
        aligner.reset()
        step()
    }

    /// So much audio waits to be heard; text is held back while it is much.
    package func queuedAudioChanged(_ duration: Duration) {
        settings.loop.preconditionInEventLoop()
        session.queuedAudioChanged(duration)
        step()
    }

    /// The next connection will use `credential`; if the last one was refused for it, at once.
    package func replaceCredential(_ credential: Credential) {
        settings.loop.preconditionInEventLoop()
        connector.replaceCredential(credential)
    }

    /// Speaks what is queued, then closes. Completes when the link is closed. To be quick, `cancel` first.
    package func finishAndClose() -> EventLoopFuture<Void> {
        settings.loop.preconditionInEventLoop()
        session.stopRequested()
        step()
        return finished.futureResult
    }

    // MARK: steps

    /// Does what the session wants until it waits.
    private func step() {
        // A sink that says something new from within is served by the loop below.
        guard !isStepping, !isFinished else { return }
        isStepping = true
        defer { isStepping = false }
        while true {
            let now = settings.now
            switch session.nextStep(at: now) {
            case .send(let commands):
                for command in commands { connection?.send(text: command.text) }
                if commands == [.close] { linkChanged(.closing) }
            case .abandon:
                connection = nil
                connector.abandonConnection(.dropped)
            case .ended(let id, let end): sink(.ended(id, end))
            case .wait(let until):
                if session.isFinished { return finish() }
                if session.wantsConnection { connector.workAppeared() }
                timer.set(until, now: now)
                return
            }
        }
    }

    private func finish() {
        isFinished = true
        timer.cancel()
        connector.stop()
        finished.succeed(())
    }
}

extension SpeakLink: LinkUser {
    var target: String { request.target }
    var hasWork: Bool { session.wantsConnection }
    var hasAnswered: Bool { true }

    func linkChanged(_ state: LinkState) {
        self.state = state
        sink(.state(state))
    }

    func linkOpened(_ connection: any LinkTransport, requestID: String?) {
        self.connection = connection
        aligner.reset()
        session.connectionOpened(at: settings.now)
        step()
    }

    func linkReceived(text: [UInt8]) {
        switch session.messageReceived(codec.speakMessage(from: text), at: settings.now) {
        case .warning(let notice): sink(.warning(notice))
        case .error(let notice): sink(.error(notice))
        case .note(let text): sink(.note(text))
        case .audioComplete: aligner.reset()
        case .metadata, .none: break
        }
        step()
    }

    func linkReceived(binary: ByteBuffer) {
        switch session.audioReceived(at: settings.now) {
        case .deliver(let id):
            let samples = aligner.samples(from: binary.readableBytesView)
            if !samples.isEmpty { sink(.audio(id, samples)) }
        case .discard: break
        }
    }

    func linkIsAlive(isPong: Bool) {}

    func linkBecameWritable() { step() }

    func linkClosed(_ cause: CloseCause) -> Bool {
        // The session gave the connection up by itself.
        guard connection != nil else { return false }
        connection = nil
        aligner.reset()
        let end = session.connectionClosed(at: settings.now)
        // After the connector has taken note; a step may want the next connection.
        settings.loop.assumeIsolated().execute { [weak self] in self?.step() }
        return end == .finished
    }

    func linkFailed(_ error: LinkError) {
        if error.isLasting { session.connectionRefused(sentence: error.sentence) }
        step()
    }
}
