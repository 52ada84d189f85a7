import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import SpeechProtocol
import Timeline

/// One WebSocket connection, from the name to the end: TCP with happy eyeballs, TLS, upgrade, messages,
/// close.
///
/// Runs on: its event loop only, from `init` on. Tells what happens through `deliver`, and nothing more after
/// the last event (`refused`, `failed`, `closed`) or `abort`. Knows no time-out but that of its own close;
/// when an attempt takes too long is the caller's to say.
final class WebSocketConnection: LinkTransport {
    private enum State {
        case connecting
        case open
        /// Our close frame is out; `deliver` still hears of the end.
        case closing
        case ended
    }

    /// For one address to answer.
    private static let connectTime = Duration.seconds(4)
    /// For the peer's close frame after ours, and for its end of the transport after both.
    private static let closeTime = TimeAmount.seconds(2)

    private let url: ServiceURL
    private let settings: LinkSettings
    private let deliver: (TransportEvent) -> Void
    private var state = State.connecting
    private var channel: (any Channel)?
    /// Where whole frames enter the pipeline: below NIO's encoder, above TLS.
    private var output: ChannelHandlerContext?
    private var writer = FrameWriter()
    private var assembler = MessageAssembler()

    init(url: ServiceURL, settings: LinkSettings, deliver: @escaping (TransportEvent) -> Void) {
        settings.loop.preconditionInEventLoop()
        self.url = url
        self.settings = settings
        self.deliver = deliver
    }

    // MARK: connecting

    func connect(target: String) {
        bootstrap().connect(host: url.host, port: url.port).hop(to: settings.loop).assumeIsolated()
            .whenComplete {
                switch $0 {
                case .success(let channel): self.transportConnected(channel, target: target)
                case .failure(let error): self.attemptFailed(error)
                }
            }
    }

    private func bootstrap() -> ClientBootstrap {
        ClientBootstrap(group: settings.loop)
            // A SYN that is lost is sent again after 1 s and 3 s, then 7 s: a new attempt is sooner.
            .connectTimeout(TimeAmount(min(settings.handshakeTime, Self.connectTime)))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.init(rawValue: CInt(TCP_KEEPIDLE))), value: 10)
            .channelOption(.tcpOption(.init(rawValue: CInt(TCP_KEEPINTVL))), value: 3)
            .channelOption(.tcpOption(.init(rawValue: CInt(TCP_KEEPCNT))), value: 3)
            // Bytes sent and not acknowledged for this long end the connection, in milliseconds.
            .channelOption(.tcpOption(.init(rawValue: CInt(TCP_USER_TIMEOUT))), value: 5_000)
    }

    private func transportConnected(_ channel: any Channel, target: String) {
        self.channel = channel
        switch state {
        case .connecting: break
        // Aborted meanwhile.
        case .open, .closing, .ended:
            tearDown()
            return
        }
        do {
            let pipeline = channel.pipeline.syncOperations
            if url.isSecure {
                // An address is no name: it is checked against the certificate without being asked for.
                let name = isAddress(url.host) ? nil : url.host
                try pipeline.addHandler(
                    NIOSSLClientHandler(context: settings.security.context, serverHostname: name))
            }
            let upgraded = try pipeline.configureUpgradableHTTPClientPipeline(
                configuration: upgrade(target: target))
            upgraded.assumeIsolated().whenComplete { self.upgradeCompleted($0) }
        } catch {
            attemptFailed(error)
        }
    }

    private func upgrade(target: String) -> NIOUpgradableHTTPClientPipelineConfiguration<UpgradeAnswer> {
        var headers = HTTPHeaders([("Host", url.hostHeader), ("User-Agent", "earpost")])
        settings.credential.subprotocolHeader?.withValue {
            headers.add(name: "Sec-WebSocket-Protocol", value: $0)
        }
        let connection = NIOLoopBound(self, eventLoop: settings.loop)
        let upgrader = NIOTypedWebSocketClientUpgrader<UpgradeAnswer>(
            maxFrameSize: MessageAssembler.messageBytesMax, enableAutomaticErrorHandling: false
        ) { channel, head in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(MessageHandler(connection.value))
                return .upgraded(head.headers)
            }
        }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: HTTPRequestHead(
                    version: .http1_1, method: .GET, uri: target, headers: headers),
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    let promise = channel.eventLoop.makePromise(of: Refusal.self)
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(RefusalCollector(promise))
                        return .refused(promise.futureResult)
                    }
                }))
        // The service may speak in the same breath as it upgrades.
        configuration.leftOverBytesStrategy = .forwardBytes
        return configuration
    }

    private func upgradeCompleted(_ result: Result<UpgradeAnswer, any Error>) {
        switch (state, result) {
        case (.connecting, .success(.upgraded(let headers))): upgraded(headers)
        case (.connecting, .success(.refused(let refusal))):
            refusal.assumeIsolated().whenComplete { result in
                guard case .connecting = self.state else { return }
                switch result {
                // A 101 that does not prove to have read our key.
                case .success(let refusal) where refusal.status == 101:
                    self.end(.failed(.notAWebSocket(host: self.url.host)))
                case .success(let refusal): self.end(.refused(refusal))
                case .failure(let error): self.attemptFailed(error)
                }
            }
        case (.connecting, .failure(let error)): attemptFailed(error)
        // Aborted meanwhile.
        case (.open, _), (.closing, _), (.ended, _): break
        }
    }

    private func upgraded(_ headers: HTTPHeaders) {
        let selected = headers[canonicalForm: "sec-websocket-protocol"].first.map(String.init)
        guard settings.credential.accepts(subprotocol: selected) else {
            return end(.failed(.foreignSubprotocol(host: url.host, selected: presentable(selected ?? ""))))
        }
        guard headers["sec-websocket-extensions"].isEmpty else {
            return end(.failed(.notAWebSocket(host: url.host)))
        }
        do {
            output = try channel?.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
        } catch {
            return attemptFailed(error)
        }
        state = .open
        deliver(.opened(requestID: headers["dg-request-id"].first))
    }

    /// What the peer selected, for people: short, and nothing of the key, which it may have sent back.
    private func presentable(_ selected: String) -> String {
        let header = settings.credential.subprotocolHeader
        let isOurs = header?.withValue { $0.lowercased().contains(selected.lowercased()) } ?? false
        return isOurs ? "\(Secret(selected))" : String(selected.prefix(32))
    }

    private func attemptFailed(_ error: any Error) {
        guard case .connecting = state else { return }
        end(.failed(LinkError(error, url: url, wall: settings.clock().wall)))
    }

    // MARK: messages

    var isWritable: Bool {
        guard case .open = state, let channel else { return false }
        return channel.isWritable
    }

    func send(binary payload: borrowing RawSpan, flush: Bool) {
        precondition(payload.byteCount > 0, "an empty binary message would end the stream")
        write(.binary, payload: payload)
        if flush { output?.flush() }
    }

    func send(text: String) {
        write(.text, payload: ByteBuffer(string: text).readableBytesSpan)
        output?.flush()
    }

    func ping() {
        write(.ping, payload: ByteBuffer().readableBytesSpan)
        output?.flush()
    }

    func flush() { output?.flush() }

    private func write(_ opcode: WebSocketOpcode, payload: borrowing RawSpan) {
        switch state {
        case .open, .closing: output?.write(NIOAny(writer.frame(opcode, payload: payload)), promise: nil)
        case .connecting, .ended: break
        }
    }

    // MARK: events of the pipeline

    func received(_ frame: WebSocketFrame) {
        switch state {
        case .open, .closing: break
        case .connecting, .ended: return
        }
        switch assembler.frameReceived(frame) {
        case .text(let bytes): deliver(.text(bytes))
        case .binary(let buffer): deliver(.binary(buffer))
        case .ping(let data):
            write(.pong, payload: data.readableBytesSpan)
            output?.flush()
            deliver(.alive(isPong: false))
        case .pong: deliver(.alive(isPong: true))
        case .nothing: break
        case .close(let code, let reason): peerClosed(code: code, reason: reason)
        case .violation(let code): violated(code)
        }
    }

    func failed(_ error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength: violated(1009)
        case is NIOWebSocketError: violated(1002)
        // The transport's end follows, or has been told.
        default: channel?.close(promise: nil)
        }
    }

    func becameWritable() {
        guard case .open = state else { return }
        deliver(.writable)
    }

    func transportEnded() {
        output = nil
        switch state {
        case .open, .closing:
            state = .ended
            deliver(.closed(.dropped))
        case .connecting, .ended: break
        }
    }

    // MARK: the end

    /// Ends in order: our close frame, the peer's, the transport. `closed` is told when the peer has answered
    /// or is given up.
    func close(code: UInt16) {
        guard case .open = state else { return abort() }
        sendClose(code)
        state = .closing
        settings.loop.assumeIsolated().scheduleTask(in: Self.closeTime) {
            guard case .closing = self.state else { return }
            self.end(.closed(.dropped))
        }
    }

    func abort() {
        state = .ended
        tearDown()
    }

    private func peerClosed(code: UInt16?, reason: String) {
        if case .open = state { sendClose(code ?? 1000) }
        state = .ended
        deliver(.closed(CloseCause(code: code, reason: reason)))
        lingerThenTearDown()
    }

    private func violated(_ code: UInt16) {
        guard case .open = state else { return }
        sendClose(code)
        state = .ended
        deliver(.closed(.protocolViolation(code: code)))
        lingerThenTearDown()
    }

    private func sendClose(_ code: UInt16) {
        var data = ByteBuffer()
        data.writeInteger(code)
        write(.connectionClose, payload: data.readableBytesSpan)
        output?.flush()
    }

    /// The server is to end the transport first (RFC 6455 §7.1.1), if it is quick about it.
    private func lingerThenTearDown() {
        settings.loop.assumeIsolated().scheduleTask(in: Self.closeTime) { self.tearDown() }
    }

    private func end(_ event: TransportEvent) {
        state = .ended
        deliver(event)
        tearDown()
    }

    /// Closes below TLS, so that no farewell of TLS is waited for.
    private func tearDown() {
        guard let channel else { return }
        self.channel = nil
        output = nil
        if let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self) {
            tls.close(promise: nil)
        } else {
            channel.close(promise: nil)
        }
    }
}

/// Whether `host` is written as an address, of either family.
private func isAddress(_ host: String) -> Bool {
    (try? SocketAddress(ipAddress: host, port: 0)) != nil
}
