import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// Puts the handlers of a new connection together.
///
/// ```
///   socket ─ TransportFaults ─ [TLS] ─ HTTP ─ AdmissionHandler ─ upgrade ─ UpgradeMissed
///                                    └── after the upgrade: frames ─ aggregator ─ WebSocketGate ─ session
/// ```
struct ConnectionPipeline {
    let core: ServiceCore
    let tls: NIOSSLContext?

    /// The largest message accepted; the real service's limit is not known.
    private static let messageBytes = 4 << 20

    /// Runs on: the service's event loop.
    func build(on channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        Self.keepFromChildren(pipeline)
        let transport = TransportFaults()
        try pipeline.addHandler(transport)
        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        let admission = AdmissionHandler(core: core, transport: transport)
        let missed = UpgradeMissed()
        let upgrade = HTTPServerUpgradeHandler(
            upgraders: [upgrader(admission, transport, missed, on: channel.eventLoop)], httpEncoder: encoder,
            extraHTTPHandlers: [admission, decoder], upgradeCompletionHandler: { _ in })
        try pipeline.addHandlers([encoder, decoder, admission, upgrade, missed])
    }

    /// Engines are child processes; a socket they inherited would stay open when we close it.
    static func keepFromChildren(_ pipeline: ChannelPipeline.SynchronousOperations) {
        // A channel without a socket has nothing to leak.
        try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        }
    }

    private func upgrader(
        _ admission: AdmissionHandler, _ transport: TransportFaults, _ missed: UpgradeMissed,
        on loop: any EventLoop
    ) -> NIOWebSocketServerUpgrader {
        let bound = NIOLoopBound((self, admission, transport, missed), eventLoop: loop)
        return NIOWebSocketServerUpgrader(
            maxFrameSize: Self.messageBytes,
            shouldUpgrade: { channel, _ in
                channel.eventLoop.makeSucceededFuture(bound.value.1.admitted?.responseHeaders)
            },
            upgradePipelineHandler: { channel, _ in
                let (builder, admission, transport, missed) = bound.value
                return channel.eventLoop.makeCompletedFuture {
                    guard let admitted = admission.admitted else { return }
                    try builder.open(admitted, transport, on: channel)
                    channel.pipeline.syncOperations.removeHandler(missed, promise: nil)
                }
            })
    }

    private func open(
        _ admitted: AdmissionHandler.Admitted, _ transport: TransportFaults, on channel: any Channel
    ) throws {
        let service = admitted.admission.purpose.service
        let recorder = core.recording.map { desk in
            let number = String(core.openedCount + 1)
            let padded = String(repeating: "0", count: max(0, 4 - number.count)) + number
            return ConnectionRecorder(name: "\(padded)-\(service.rawValue)-\(admitted.requestID)", desk: desk)
        }
        recorder?.message(.client, admitted.record, at: .zero)
        let session: any SpeechSession
        switch admitted.admission.purpose {
        case .listen(let parameters):
            session = try ListenConnection(
                parameters: parameters, requestID: admitted.requestID, created: Date().formatted(.iso8601),
                core: core, recorder: recorder)
        case .speak(let parameters):
            session = SpeakConnection(
                parameters: parameters, requestID: admitted.requestID, core: core, recorder: recorder)
        }
        let gate = WebSocketGate(session: session, transport: transport, recorder: recorder)
        let number = core.add(
            .init(service: service, requestID: admitted.requestID, gate: gate, closed: channel.closeFuture))
        let boundCore = NIOLoopBound(core, eventLoop: channel.eventLoop)
        channel.closeFuture.whenComplete { _ in boundCore.value.remove(number) }
        let aggregator = NIOWebSocketFrameAggregator(
            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1 << 12,
            maxAccumulatedFrameSize: Self.messageBytes)
        try channel.pipeline.syncOperations.addHandlers([aggregator, gate])
        if let fault = admitted.fault, !fault.fault.concernsHandshake { gate.accept(fault) }
    }
}

/// Answers a request that asked for an upgrade in a way NIO did not accept (no key, wrong version).
private final class UpgradeMissed: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head = Self.unwrapInboundIn(data) else { return }
        let head = HTTPResponseHead(
            version: .http1_1, status: .badRequest,
            headers: [
                "Content-Length": "0", "Connection": "close", "dg-error": "Malformed WebSocket handshake.",
            ])
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The head that follows is answered above; anything else ends the connection.
        if !(error is NIOWebSocketUpgradeError) { context.close(promise: nil) }
    }
}
