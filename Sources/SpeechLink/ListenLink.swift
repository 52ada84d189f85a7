import Audio
import Crossing
import NIOCore
import SpeechProtocol
import Timeline

/// Carries the audio of the retransmission queue to the Listen service, and its answers back, over one
/// connection after the other. After a reconnect everything not final that is still in the queue is sent
/// again, at a pace.
///
/// Runs on: the event loop of its settings only, `init` and `deinit` excepted. The sink is called there too.
package final class ListenLink {
    private let request: ListenRequest
    private let settings: LinkSettings
    private let connector: LinkConnector
    private let sink: (ListenEvent) -> Void
    private let codec = MessageCodec()
    private let records: any PacketSource
    private let preroll: FrameCount
    /// Where the next record to send begins.
    private var cursor: StreamPosition
    /// Audio before it is not sent on this connection: what is final, less the codec's pre-roll.
    private var floor: StreamPosition
    private var edges: ConfirmedEdges
    private var open: Open?
    /// Whether pings of this host may be counted upon.
    private var trust = PongTrust()
    /// Connections in a row that were given up as frozen before they had held for a while: where the service
    /// is merely slow, giving it up again and again only adds to its work, so each is waited for longer.
    private var frozenInARow = 0
    private var isStarted = false
    private var isFinishing = false
    /// The connection is to be replaced by a new one.
    private var isRenewing = false
    /// No more audio will be appended: the link ends once everything is answered for, however often it has to
    /// connect for that.
    private var isDraining = false
    /// What is left to send takes longer than there is time.
    private var isCutShort = false
    private let finished: EventLoopPromise<Void>
    private var isFinished = false
    private lazy var timer = DeadlineTimer(on: settings.loop) { [weak self] in self?.deadlinePassed() }

    /// Audio from here on has not been sent, or would be sent again.
    package var unsent: StreamPosition { max(cursor, records.oldest) }

    /// Where the link stands.
    package private(set) var state = LinkState.idle

    private struct Open {
        let connection: any LinkTransport
        var session: ListenSession
        var pacer: Pacer
        var watch: TransportWatch
        let since: BootTime
        /// Bytes the transport was given and has not let go.
        var held = 0
    }

    /// - Parameters:
    ///   - confirmed: What earlier runs have already written down; results about it are not told again.
    ///   - preroll: How much confirmed audio goes out again on a new connection, for the decoder at the other
    ///     end to be in tune when the news begins.
    package init(
        request: ListenRequest, settings: LinkSettings, source: any PacketSource, confirmed: ConfirmedEdges,
        preroll: FrameCount = .zero, sink: @escaping (ListenEvent) -> Void
    ) {
        self.request = request
        self.settings = settings
        self.sink = sink
        connector = LinkConnector(url: request.url, settings: settings)
        cursor = source.oldest
        records = source
        edges = confirmed
        floor = confirmed.complete
        self.preroll = preroll
        finished = settings.loop.makePromise()
    }

    deinit { if !isFinished { finished.succeed(()) } }

    // MARK: face

    /// Goes to work; the first audio opens a connection.
    package func start() {
        settings.loop.preconditionInEventLoop()
        isStarted = true
        connector.start(for: self)
        rewind()
        pump()
    }

    /// Something was appended to the queue, or dropped from it.
    package func recordsAppended() {
        settings.loop.preconditionInEventLoop()
        pump()
    }

    /// Uses `credential` from now on: a connection that is open is ended in order, with all its answers, and
    /// followed by a new one; after a refusal a new one is tried at once.
    package func replaceCredential(_ credential: Credential) {
        settings.loop.preconditionInEventLoop()
        connector.replaceCredential(credential)
        guard open?.session.takesAudio == true, !isFinishing else { return }
        isRenewing = true
        finishSession(at: settings.now)
        pump()
    }

    /// Nothing more will be appended: delivers what there is, over as many connections as it takes, and ends.
    /// Completes when the link is closed.
    package func drainAndClose() -> EventLoopFuture<Void> {
        settings.loop.preconditionInEventLoop()
        isDraining = true
        pump()
        return finished.futureResult
    }

    /// Sends what is in the queue, up to `head`, if that takes no longer than `limit`, asks for the last
    /// results, and ends in order; what is not sent stays in the queue. Completes when the link is closed,
    /// after `limit + Limits.closeTimeMax` at the latest.
    package func finishAndClose(head: StreamPosition, within limit: Duration) -> EventLoopFuture<Void> {
        settings.loop.preconditionInEventLoop()
        guard !isFinishing else { return finished.futureResult }
        // What has been recorded and not been looked at yet may call for a connection.
        pump()
        isFinishing = true
        isCutShort = timeToSend(upTo: head) > limit
        switch state {
        case .connecting, .open, .closing:
            let latest = TimeAmount(limit + Limits.closeTimeMax)
            settings.loop.assumeIsolated().scheduleTask(in: latest) { [weak self] in self?.finish() }
            pump()
        case .idle, .waiting, .refused, .closed:
            finish()
        }
        return finished.futureResult
    }

    /// How long it takes to send what waits, up to `head`, at the pace it may go.
    package func timeToSend(upTo head: StreamPosition) -> Duration {
        let backlog = max(.zero, head - max(cursor, records.oldest))
        return .nanoseconds(backlog.nanoseconds(at: request.rate) / Int64(settings.catchUpPercent) * 100)
    }

    // MARK: sending

    /// Sends what may be sent now, and sets the timer for the rest.
    private func pump() {
        guard isStarted, !isFinished else { return }
        guard open != nil else {
            if hasWork, !isFinishing { connector.workAppeared() }
            if isDraining, !hasWork { finish() }
            return
        }
        let now = settings.now
        let pace = sendAudio(at: now)
        let isDone = isCutShort || pace == nil && next() == .none
        if isDone, isFinishing || isDraining { finishSession(at: now) }
        setTimer(pace: pace, at: now)
    }

    /// When the pace lets the next packet go; nil if nothing waits for that.
    private func sendAudio(at now: BootTime) -> BootTime? {
        guard let connection = open?.connection, open?.session.takesAudio == true, !isCutShort else {
            return nil
        }
        defer {
            connection.flush()
            noteLeft(at: now)
        }
        while connection.isWritable, case .entry(let entry) = next() {
            if let due = open?.pacer.next(at: now), due > now { return due }
            var bytes = 0
            records.withPayload(at: cursor) { payload in
                // Nothing the queue should hold, but an empty message would end the stream.
                bytes = payload.byteCount
                if bytes > 0 { connection.send(binary: payload, flush: false) }
            }
            if bytes > 0 {
                open?.session.audioSent(entry.frames, at: entry.position, now: now)
                open?.pacer.sent(entry.frames, at: now)
                open?.watch.bytesHandedOver(bytes, isAudio: true, at: now)
                open?.held += bytes
                sink(.sent(entry.frames, from: entry.position))
            }
            cursor = entry.end
        }
        return nil
    }

    /// What the transport takes more behind has left; while it takes none, something waits.
    private func noteLeft(at now: BootTime) {
        guard let held = open?.held, held > 0, open?.connection.isWritable == true else { return }
        open?.watch.bytesLeft(held, at: now)
        open?.held = 0
    }

    /// The next packet to send: past gaps, past what is final, past what was dropped.
    private func next() -> StreamLookup {
        cursor = max(cursor, records.oldest)
        while case .entry(let entry) = records.lookup(cursor) {
            if entry.kind == .packet, entry.end > floor {
                // A position within a record is that record's.
                cursor = entry.position
                return settings.admits(entry.frames) ? .entry(entry) : .none
            }
            cursor = entry.end
        }
        return records.lookup(cursor)
    }

    /// Goes back to the first packet that is not final, less `preroll`; whatever was sent since must be sent
    /// again.
    private func rewind(preroll: FrameCount = .zero) {
        floor = edges.complete - preroll
        cursor = max(records.oldest, floor)
    }

    private func setTimer(pace: BootTime?, at now: BootTime) {
        let deadlines = [pace, open?.session.nextDeadline, open?.watch.nextDeadline].compactMap { $0 }
        timer.set(deadlines.min(), now: now)
    }

    private func deadlinePassed() {
        let now = settings.now
        switch open?.session.deadlinePassed(hasQueued: hasWork, at: now) {
        case .send(let command): open?.connection.send(text: command.text)
        case .abandon(let cause): return connector.abandonConnection(cause)
        case Optional.none, .some(.none): break
        }
        switch open?.watch.deadlinePassed(at: now) {
        case .ping: open?.connection.ping()
        case .abandon(let cause): return connector.abandonConnection(cause)
        case Optional.none, .some(.none): break
        }
        pump()
    }

    // MARK: ending

    private func finishSession(at now: BootTime) {
        switch open?.session.finishRequested(at: now) {
        case .send(let commands):
            for command in commands { open?.connection.send(text: command.text) }
            linkChanged(.closing)
        case Optional.none, .some(.none): break
        }
    }

    private func finish() {
        guard !isFinished else { return }
        isFinished = true
        timer.cancel()
        open = nil
        connector.stop()
        finished.succeed(())
    }
}

extension ListenLink: LinkUser {
    var target: String { request.target }

    /// Whether a packet waits to be sent.
    var hasWork: Bool { next() != .none }

    var hasAnswered: Bool { open?.session.hasAnswered ?? false }

    func linkChanged(_ state: LinkState) {
        self.state = state
        sink(.state(state))
    }

    func linkOpened(_ connection: any LinkTransport, requestID: String?) {
        let now = settings.now
        let session = ListenSession(
            rate: request.rate, channels: request.resultChannels, edges: edges, requestID: requestID,
            pacePercent: settings.catchUpPercent)
        open = Open(
            connection: connection, session: session,
            pacer: Pacer(rate: request.rate, percent: settings.catchUpPercent, at: now),
            watch: TransportWatch(
                settings: watchSettings, expectsPongs: trust.expectsPongs, at: now),
            since: now)
        rewind(preroll: preroll)
        pump()
    }

    func linkReceived(text: [UInt8]) {
        let now = settings.now
        received()
        guard let action = open?.session.messageReceived(codec.listenMessage(from: text), at: now) else {
            return
        }
        if let session = open?.session { edges = session.edges }
        switch action {
        case .publish(let result, let confirmed): sink(.result(result, confirmed: confirmed))
        case .speechStarted(let channel, let position): sink(.speechStarted(channel: channel, at: position))
        case .utteranceEnded(let channel, let position): sink(.utteranceEnded(channel: channel, at: position))
        case .summary(let metadata): sink(.summary(metadata, sent: open?.session.sent ?? .zero))
        case .warning(let notice): sink(.warning(notice))
        case .error(let notice): sink(.error(notice))
        case .note(let text): sink(.note(text))
        case .repeated, .none: break
        }
    }

    func linkReceived(binary: ByteBuffer) {
        received()
        sink(.note("the service sent a binary message of \(binary.readableBytes) bytes, which means nothing"))
    }

    func linkIsAlive(isPong: Bool) {
        guard isPong else { return received() }
        open?.watch.pongReceived(at: settings.now)
        if trust.pongReceived() == .trustRegained { sink(.note("this host answers pings after all")) }
    }

    /// Anything came: the transport is alive.
    private func received() { open?.watch.dataReceived(at: settings.now) }

    func linkBecameWritable() {
        noteLeft(at: settings.now)
        pump()
    }

    func linkClosed(_ cause: CloseCause) -> Bool {
        if let open { noteFrozen(open, cause) }
        let end = open?.session.transportClosed(cause) ?? .none
        if let session = open?.session { edges = session.edges }
        open = nil
        rewind()
        let isPlanned = isRenewing || isFinishing
        isRenewing = false
        defer { if isFinishing { finish() } }
        switch end {
        case .complete(let confirmed):
            sink(.completed(confirmed: confirmed))
            if isDraining, !hasWork { finish() }
            return true
        case .lost, .none: return isPlanned
        }
    }

    private var watchSettings: TransportWatch.Settings {
        var watch = settings.watch
        watch.pongTime = watch.pongTime * (1 << max(0, frozenInARow - 1))
        return watch
    }

    private func noteFrozen(_ ended: Open, _ cause: CloseCause) {
        if trust.connectionEnded(ended.watch, cause) == .trustLost { sink(.note(PongTrust.warning)) }
        let hasHeld = settings.now - ended.since >= Limits.healthyTime
        frozenInARow = cause == .peerFrozen && !hasHeld ? min(frozenInARow + 1, Limits.pongDoublingsMax) : 0
    }

    func linkFailed(_ error: LinkError) {
        if isFinishing { finish() }
    }
}
