import Audio
import Configuration
import Control
import ControlProtocol
import Crossing
import Journal
import Logging
import NIOCore
import SpeechLink
import SpeechProtocol
import System
import Timeline
import Transcript
import Uplink

/// The whole agent: builds the stages, joins their ends, and runs until it is asked to stop.
///
/// Belongs to one event loop, from `init` on. The only place that knows every stage.
package final class AgentRuntime {
    let loaded: LoadedConfiguration
    let loop: any EventLoop
    let logger: Logger
    let manager: ServiceManager
    /// Reads the key where the configuration says it is.
    let readCredential: () throws(AgentError) -> Credential
    let disk: DiskThread
    let spool: SpoolDesk
    /// What may be sent in a day.
    let allowance: Allowance?
    let hearing: HearingLine
    /// The session that is being heard.
    let live: Delivery
    let backlog: Backlog
    let listenLog: LinkLog
    let speakLog: LinkLog
    let conversation: ConversationDesk?
    let status: StatusReporter
    let supervisor: Supervisor
    var control: ControlServer?
    var watches: [LoopWatch] = []
    var timer: LoopTimer?
    /// Only while somebody watches levels.
    var levelTimer: LoopTimer?
    /// Since it went to work.
    var seconds = 0
    var announced: [String: String] = [:]
    /// The last trouble of each link that is in the log, until the link opens.
    var loggedTrouble: [String: String] = [:]
    let stopped: EventLoopPromise<Void>
    var isStopping = false
    /// The books are closed, or on their way to the disk.
    var isClosed = false
    var isEnded = false
    var isKeeping = false
    /// Somebody muted: what still comes from before goes, too.
    var isPurging = false
    var isOverQuota = false

    /// Builds everything and starts the threads. Throws an `AgentError` where nothing can work, and what the
    /// system refuses; a device or a service that is not there is no error, it is waited for.
    package init(
        _ loaded: LoadedConfiguration, environment: [(String, String)], loop: any EventLoop, logger: Logger
    ) throws {
        let configuration = loaded.value
        let clock = { () -> ClockSample in .now }
        let started = clock()
        func variable(_ name: String) -> String? { environment.first { $0.0 == name }?.1 }

        self.loaded = loaded
        self.loop = loop
        self.logger = logger
        manager = ServiceManager(
            notifySocket: variable("NOTIFY_SOCKET"), watchdogMicroseconds: variable("WATCHDOG_USEC"),
            watchdogProcess: variable("WATCHDOG_PID"))
        listenLog = LinkLog(now: started)
        speakLog = LinkLog(now: started)
        let credentialsDirectory = variable("CREDENTIALS_DIRECTORY")
        readCredential = { () throws(AgentError) in
            try KeyReader.credential(configuration.auth, credentialsDirectory: credentialsDirectory)
        }
        let credential = try readCredential()
        let listenRequest = try configuration.listenRequest()
        let settings = try configuration.linkSettings(credential, loop: loop, clock: clock)

        let tell = NIOLoopBoundBox<(UplinkEvent) -> Void>({ _ in }, eventLoop: loop)
        let start = try SessionStart(
            SessionStart.Means(
                configuration: configuration, request: listenRequest, settings: settings.listen,
                manager: manager, logger: logger)
        ) { event in loop.execute { tell.value(event) } }
        disk = start.disk
        spool = start.spool
        hearing = start.hearing
        live = start.live
        backlog = start.backlog
        allowance = start.allowance
        conversation = try Self.makeConversation(configuration, settings.speak, loop, clock)
        supervisor = Supervisor(hearing: hearing)
        status = StatusReporter(
            configuration: configuration, started: started, hearing: hearing, supervisor: supervisor,
            live: live, volatile: start.volatile, allowance: allowance, backlog: backlog, listen: listenLog,
            speak: speakLog, conversation: conversation)
        // Last: a promise that nobody keeps, because something above threw, would trap.
        stopped = loop.makePromise()
        tell.value = { [weak self] in self?.uplinkTold($0) }
        for delivery in backlog.waiting + [live] { delivery.tell = { [weak self] in self?.heard($0) } }
        conversation?.tell = { [weak self] in self?.speakTold($0) }
    }

    /// Runs until a signal, or `stop`, ends it. `ended` is called once, on the loop: with an error if the
    /// agent could not go to work, after the orderly end otherwise.
    package func run(signals: SignalSource, ended: @escaping ((any Error)?) -> Void) {
        let ended = NIOLoopBound(ended, eventLoop: loop)
        let here = NIOLoopBound(self, eventLoop: loop)
        // Also keeps the agent alive until its end.
        stopped.futureResult.whenComplete { result in
            switch result {
            case .success: withExtendedLifetime(here) { ended.value(nil) }
            case .failure(let error): withExtendedLifetime(here) { ended.value(error) }
            }
        }
        start(signals: signals).whenFailure { error in here.value.giveUp(error) }
    }

    /// Opens the sockets and goes to work. Fails where another daemon runs or a socket cannot be made.
    private func start(signals: SignalSource) -> EventLoopFuture<Void> {
        let configuration = loaded.value
        let here = NIOLoopBound(self, eventLoop: loop)
        let desk = ControlDesk(
            loaded: loaded, status: status, hearing: hearing, conversation: conversation,
            survey: SurveyDesk(loop: loop), loop: loop, clock: { .now },
            silenced: { [weak self] in self?.silenced() })
        let server = ControlServer(on: loop, logger: logger) { request, _, reply in
            desk.handle(request, reply)
        }
        server.subscriptionsChanged = { [weak self] in self?.levelsWanted() }
        control = server
        for delivery in backlog.waiting + [live] {
            delivery.books.publish = { [weak self] in self?.publish($0) }
        }
        conversation?.publish = { [weak self] name, state, detail in
            self?.publish(
                .utterance(UtteranceEvent(name, state, detail: detail, at: ClockSample.now.wall.rfc3339)))
        }
        // One after the other: when one fails, the other is open or was never tried.
        return open(configuration.control, .control, on: server).assumeIsolated()
            .flatMap { here.value.open(configuration.observe, .observe, on: server) }
            .map { here.value.goToWork(signals) }
            .nonisolated()
    }

    private func open(
        _ socket: AgentConfiguration.Socket, _ access: Access, on server: ControlServer
    ) -> EventLoopFuture<Void> {
        server.open(path: socket.path.text, access: access, mode: UInt32(socket.mode.bits))
    }

    private func goToWork(_ signals: SignalSource) {
        watches.append(
            LoopWatch(hearing.appended.fileDescriptor, on: loop) { [weak self] _ in self?.recordsAppended() })
        watches.append(
            LoopWatch(signals.fileDescriptor, on: loop) { [weak self] in self?.signalled($0) })
        timer = LoopTimer(every: .seconds(1), on: loop) { [weak self] in self?.eachSecond() }
        deliverNext()
        conversation?.link.start()
        recordsAppended()
        manager.notify("READY=1", "STATUS=\(statusLine)")
        logger.notice(
            "earpost is up",
            metadata: [
                "session": "\(live.books.session)", "transcript": "\(live.books.path)",
                "resumed": "\(live.isResumed)",
                "realtime": "\(hearing.isRealtime ? "yes" : "no, ordinary scheduling")",
            ])
    }

    // MARK: what the stages tell

    func recordsAppended() {
        if isPurging { live.giveUpUnsent(.purged) }
        live.recordsAppended()
    }

    /// Whose audio is on its way now.
    var delivering: Delivery { backlog.waiting.first ?? live }

    /// Earlier sessions first, one after the other; then the one that is being heard.
    private func deliverNext() {
        guard let next = backlog.waiting.first else {
            live.link.start()
            return recordsAppended()
        }
        logger.notice(
            "delivering what an earlier session left",
            metadata: [
                "session": "\(next.books.session)",
                "pending_s": "\(next.books.ledger.pending.seconds(at: next.books.rate))",
            ])
        next.link.start()
        next.link.drainAndClose().assumeIsolated().whenComplete { [weak self] _ in self?.delivered(next) }
    }

    private func delivered(_ delivery: Delivery) {
        guard !isStopping, backlog.waiting.contains(where: { $0 === delivery }) else { return }
        // What may not be sent any more will not be sent tomorrow either.
        if isOverQuota { delivery.giveUpUnsent(.quota) }
        backlog.waiting.removeAll { $0 === delivery }
        delivery.close(at: delivery.now) { [weak self] in
            if delivery.books.isKept {
                delivery.discard?()
            } else {
                self?.logger.error(
                    "the disk does not keep an earlier session's last lines; it waits for the next start",
                    metadata: ["session": "\(delivery.books.session)"])
            }
            self?.deliverNext()
        }
    }

    /// The service does not take an earlier session's audio as it is: it waits for the next start, in
    /// nobody's way.
    private func postpone(_ delivery: Delivery) {
        guard !isStopping, backlog.waiting.first === delivery else { return }
        logger.error(
            "the service does not take what an earlier session left; it waits for the next start",
            metadata: ["session": "\(delivery.books.session)"])
        backlog.waiting.removeFirst()
        _ = delivery.link.finishAndClose(head: delivery.books.ledger.head, within: .zero)
        delivery.close(at: delivery.now) { [weak self] in self?.deliverNext() }
    }

    private func uplinkTold(_ event: UplinkEvent) {
        switch event {
        case .filled(let gap):
            logger.notice(
                "lost frames filled with silence",
                metadata: ["frames": "\(gap.length.value)", "cause": "\(gap.cause.name)"])
        case .gap(let gap):
            logger.notice(
                "a stretch without audio",
                metadata: [
                    "seconds": "\(gap.length.seconds(at: live.books.rate))", "cause": "\(gap.cause.name)",
                ])
        case .failed(let error):
            hearing.cannotUse(error.sentence)
            announceStates()
        }
    }

    private func heard(_ event: ListenEvent) {
        switch event {
        case .state(let state): linkChanged(to: state)
        case .result(let result, _) where !result.isFinal:
            if control?.isWanted(.interim) == true, let line = delivering.books.interim(result) {
                control?.publish(.interim(HeardEvent(line)))
            }
        case .sent(let frames, _): allowance?.sent(frames, at: delivering.books.rate)
        case .result, .completed: break
        case .speechStarted(let channel, let position): speech(.started, channel, position)
        case .utteranceEnded(let channel, let position):
            if let position { speech(.ended, channel, position) }
        case .summary(let metadata, let sent):
            takeAccount(metadata, sent)
            logger.info(
                "the service's account of the connection",
                metadata: [
                    "received_s": "\(metadata.duration ?? 0)",
                    "sent_s": "\(sent.seconds(at: live.books.rate))",
                    "request_id": "\(metadata.requestID ?? "")",
                ])
        case .warning(let notice): logger.warning("listen service", metadata: ["says": "\(notice.sentence)"])
        case .error(let notice): logger.error("listen service", metadata: ["says": "\(notice.sentence)"])
        case .note(let text): logger.debug("listen service", metadata: ["note": "\(text)"])
        }
    }

    private func linkChanged(to state: LinkState) {
        changed(listenLog, "link", to: state)
        // There is one link at a time: what waits behind it waits for the same reason.
        for other in backlog.waiting + [live] where other !== delivering { other.linkChanged(state) }
        if case .refused(_, let error) = state, error.isAboutTheAudio, let stuck = backlog.waiting.first {
            loop.assumeIsolated().execute { [weak self] in self?.postpone(stuck) }
        }
    }

    /// The service should have received what was sent; if not, its times, and so ours, are off.
    private func takeAccount(_ metadata: ListenMetadata, _ sent: FrameCount) {
        guard let received = metadata.duration else { return }
        let sent = sent.seconds(at: delivering.books.rate)
        listenLog.account = AccountStatus(receivedSeconds: received, sentSeconds: sent)
        if abs(received - sent) > Self.accountSlackSeconds {
            logger.warning(
                "the service counts other audio than was sent",
                metadata: ["received_s": "\(received)", "sent_s": "\(sent)"])
        }
    }

    /// The noise of the service's arithmetic, and one packet.
    private static let accountSlackSeconds = 0.15

    private func speakTold(_ event: SpeakEvent) {
        switch event {
        case .state(let state): changed(speakLog, "speak", to: state)
        case .warning(let notice): logger.warning("speak service", metadata: ["says": "\(notice.sentence)"])
        case .error(let notice): logger.error("speak service", metadata: ["says": "\(notice.sentence)"])
        case .note(let text): logger.debug("speak service", metadata: ["note": "\(text)"])
        case .audio, .ended: break
        }
    }

    private static func makeConversation(
        _ configuration: AgentConfiguration, _ settings: LinkSettings, _ loop: any EventLoop,
        _ clock: @escaping () -> ClockSample
    ) throws -> ConversationDesk? {
        guard let playback = configuration.playbackSettings else { return nil }
        let line = try SpeakingLine(configuration, settings: playback)
        let events = NIOLoopBoundBox<(SpeakEvent) -> Void>({ _ in }, eventLoop: loop)
        let link = SpeakLink(
            request: try configuration.speakRequest(), settings: settings,
            keepWarm: configuration.speak.keepsWarm
        ) { events.value($0) }
        let desk = ConversationDesk(
            link: link, line: line, rate: configuration.speak.rate, loop: loop, now: { clock().boot })
        events.value = { [weak desk] in desk?.received($0) }
        return desk
    }
}
