import NIOCore
import SpeechProtocol
import Timeline

/// What a link does with the connections its connector makes.
protocol LinkUser: AnyObject {
    /// The request target of the next attempt.
    var target: String { get }
    /// Whether there is something to connect for.
    var hasWork: Bool { get }
    /// Whether the service has recognised or spoken something on this connection.
    var hasAnswered: Bool { get }

    func linkChanged(_ state: LinkState)
    func linkOpened(_ connection: any LinkTransport, requestID: String?)
    func linkReceived(text: [UInt8])
    func linkReceived(binary: ByteBuffer)
    /// The peer has answered a ping (`isPong`), or sent one.
    func linkIsAlive(isPong: Bool)
    func linkBecameWritable()
    /// The connection is gone; true if that was the plan.
    func linkClosed(_ cause: CloseCause) -> Bool
    /// An attempt failed.
    func linkFailed(_ error: LinkError)
}

/// Makes one connection after the other as `LinkStateMachine` decides, and turns its deadlines into timers.
///
/// Runs on: the event loop of its settings only.
final class LinkConnector {
    private let url: ServiceURL
    private var settings: LinkSettings
    private var machine: LinkStateMachine
    private var connection: (any LinkTransport)?
    private weak var user: (any LinkUser)?
    private var isStopped = false
    /// The connection was begun with a credential that is not the newest.
    private var isOutdated = false
    private lazy var timer = DeadlineTimer(on: settings.loop) { [weak self] in self?.deadlinePassed() }

    init(url: ServiceURL, settings: LinkSettings) {
        self.url = url
        self.settings = settings
        machine = LinkStateMachine(handshakeTime: settings.handshakeTime)
    }

    /// To be called once, before anything else.
    func start(for user: any LinkUser) { self.user = user }

    /// There is something to connect for.
    func workAppeared() {
        switch machine.workAppeared(at: settings.now) {
        case .connect: connect()
        case .none: break
        }
    }

    /// The next connection will use `credential`; if the last one is what stood in the way, at once.
    func replaceCredential(_ credential: Credential) {
        settings.credential = credential
        switch machine.credentialReplaced(at: settings.now) {
        case .retryNow: deadlinePassed()
        // An attempt under way still bears the old one.
        case .none: isOutdated = connection != nil
        }
    }

    /// Tears the connection down as lost.
    func abandonConnection(_ cause: CloseCause) {
        connection?.abort()
        closed(cause)
    }

    /// No further attempt; what is open or under way ends now.
    func stop() {
        isStopped = true
        machine.stopRequested()
        timer.cancel()
        connection?.abort()
        connection = nil
        user?.linkChanged(.closed)
    }

    // MARK: events

    private func connect() {
        guard let user else { return }
        isOutdated = false
        user.linkChanged(.connecting)
        // Weak, because a connection that is being torn down outlives its use.
        let connection = settings.transport(url, settings) { [weak self] in self?.happened($0) }
        self.connection = connection
        connection.connect(target: user.target)
        timer.set(machine.nextDeadline, now: settings.now)
    }

    private func happened(_ event: TransportEvent) {
        switch event {
        case .opened(let requestID): opened(requestID)
        case .refused(let refusal):
            let end = machine.refused(refusal.classification, random: settings.random(), at: settings.now)
            failed(.refused(host: url.host, refusal), end)
        case .failed(let error):
            let end = machine.connectFailed(
                isLasting: error.isLasting, random: settings.random(), at: settings.now)
            failed(error, end)
        case .text(let bytes): user?.linkReceived(text: bytes)
        case .binary(let buffer): user?.linkReceived(binary: buffer)
        case .alive(let isPong): user?.linkIsAlive(isPong: isPong)
        case .writable: user?.linkBecameWritable()
        case .closed(let cause): closed(cause)
        }
    }

    private func opened(_ requestID: String?) {
        guard let connection else { return }
        switch machine.transportOpened(at: settings.now) {
        case .use:
            user?.linkChanged(.open(requestID: requestID))
            user?.linkOpened(connection, requestID: requestID)
        case .drop: connection.abort()
        }
    }

    private func failed(_ error: LinkError, _ end: LinkStateMachine.OnEnd) {
        connection = nil
        wait(end, for: error)
        user?.linkFailed(error)
        guard isOutdated, machine.credentialReplaced(at: settings.now) == .retryNow else { return }
        deadlinePassed()
    }

    private func closed(_ cause: CloseCause) {
        guard connection != nil, let user else { return }
        connection = nil
        let hasAnswered = user.hasAnswered
        let isPlanned = user.linkClosed(cause)
        // The user may have had enough.
        guard !isStopped else { return }
        if isPlanned {
            machine.transportFinished(at: settings.now)
            user.linkChanged(.idle)
            if user.hasWork { workAppeared() }
        } else {
            let end = machine.transportClosed(
                cause, answered: hasAnswered, random: settings.random(), at: settings.now)
            wait(end, for: .closed(host: url.host, cause))
        }
    }

    private func wait(_ end: LinkStateMachine.OnEnd, for error: LinkError) {
        switch end {
        case .wait(let until):
            let isLasting = machine.waitsForSettings
            user?.linkChanged(isLasting ? .refused(until: until, error) : .waiting(until: until, error))
            timer.set(until, now: settings.now)
        case .none: break
        }
    }

    private func deadlinePassed() {
        guard let user else { return }
        let now = settings.now
        switch machine.deadlinePassed(hasWork: user.hasWork, random: settings.random(), at: now) {
        case .connect: connect()
        case .abandon(let retry):
            connection?.abort()
            connection = nil
            let error = LinkError.handshakeTimedOut(host: url.host)
            user.linkChanged(.waiting(until: retry, error))
            user.linkFailed(error)
        case .none:
            if !user.hasWork, machine.nextDeadline == nil { idle(user) }
        }
        timer.set(machine.nextDeadline, now: now)
    }

    /// A wait ended without anything to connect for.
    private func idle(_ user: any LinkUser) {
        if connection == nil { user.linkChanged(.idle) }
    }
}
