import NIOCore
import NIOHTTP1
import NIOWebSocket
import SpeechProtocol

/// What became of the request to upgrade.
enum UpgradeAnswer: Sendable {
    case upgraded(HTTPHeaders)
    /// The body is still to come.
    case refused(EventLoopFuture<Refusal>)
}

/// Hands frames and the transport's events on.
final class MessageHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    private let connection: WebSocketConnection

    init(_ connection: WebSocketConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.received(Self.unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.transportEnded()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { connection.becameWritable() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { connection.failed(error) }
}

/// Gathers a refusal's head and body, of which it takes what is not beyond all measure.
final class RefusalCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<Refusal>
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []
    private var isDone = false

    init(_ promise: EventLoopPromise<Refusal>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let part):
            body += part.readableBytesView.prefix(Limits.refusalBytesMax - body.count)
            if body.count >= Limits.refusalBytesMax { finish() }
        case .end: finish()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish()
        context.close(promise: nil)
    }

    private func finish() {
        guard !isDone else { return }
        isDone = true
        guard let head else { return promise.fail(ChannelError.inputClosed) }
        promise.succeed(
            Refusal(
                status: Int(head.status.code), headers: head.headers.map { ($0.name, $0.value) }, body: body))
    }
}
