import ControlProtocol
import Logging
import NIOCore

/// One client of a control socket: lines in, requests to the server; responses and events out, bounded.
///
/// Runs on: the server's event loop.
final class ControlConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let access: Access
    /// The events it asked for.
    private(set) var subscription: Set<EventKind> = []

    private let server: ControlServer
    private var context: ChannelHandlerContext?
    private var framing: LineFraming
    private var budget: OutputBudget
    /// Requests whose last response is still to come.
    private var open = 0
    /// The client sends no more, or is not listened to any more.
    private var inputEnded = false
    private var heldRead = false
    /// Lines are being taken further down the stack: a write may complete at once and come back here.
    private var isTaking = false

    init(server: ControlServer, access: Access) {
        self.server = server
        self.access = access
        framing = LineFraming(limit: server.limits.requestBytes)
        budget = OutputBudget(limit: server.limits.unreadBytes)
    }

    /// Sends an event it asked for, encoded as `line`, or counts it as lost.
    func send(event line: [UInt8]) {
        guard case .send = budget.offered(line.count) else { return }
        write(line)
    }

    func close() { context?.close(promise: nil) }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { entered(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        entered(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        server.left(self)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !inputEnded else { return }
        framing.append(unwrapInboundIn(data))
        takeLines()
    }

    /// Reads on only while the client reads what it is sent.
    func read(context: ChannelHandlerContext) {
        if budget.isFull { heldRead = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        inputEnded = true
        takeLines()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The other side went away in the middle of a line: routine.
        server.logger.debug("control client failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    private func entered(_ context: ChannelHandlerContext) {
        guard !server.entered(self) else { return }
        inputEnded = true
        respond(Response(id: nil, .failed(.busy(server.limits.clients))))
    }

    private func takeLines() {
        guard !isTaking else { return }
        isTaking = true
        while !budget.isFull, let piece = framing.next(atEnd: inputEnded) {
            switch piece {
            case .tooLong: respond(Response(id: nil, .failed(.lineTooLong)))
            case .line(let line): take(line)
            }
        }
        isTaking = false
        closeIfFinished()
    }

    private func take(_ line: ByteBuffer) {
        switch Request.parse(line.readableBytesView) {
        case .failure(let refusal):
            respond(Response(id: refusal.id, .failed(refusal.error)))
        case .success(let request) where access == .observe && request.verb.access == .control:
            respond(Response(id: request.id, .failed(.readOnly(request.verb))))
        case .success(let request):
            if case .tail(let kinds) = request.verb {
                subscription = Set(kinds)
                respond(Response(id: request.id, .tail(kinds)))
                server.subscriptionsChanged()
            } else {
                ask(request)
            }
        }
    }

    private func ask(_ request: Request) {
        open += 1
        var isOpen = true
        server.handle(request, access) { [weak self] body in
            guard isOpen, let self else { return }
            if body.isLast {
                isOpen = false
                self.open -= 1
            }
            self.respond(Response(id: request.id, body))
        }
    }

    private func respond(_ response: Response) {
        let line = server.encode(response) ?? server.encode(Response(id: response.id, .failed(.unwritable)))
        guard let line else { return }
        budget.wrote(line.count)
        write(line)
    }

    /// Writes a line that the budget knows of.
    private func write(_ line: [UInt8]) {
        guard let context else { return }
        let buffer = context.channel.allocator.buffer(bytes: line)
        context.writeAndFlush(wrapOutboundOut(buffer)).assumeIsolated().whenComplete { [weak self] _ in
            self?.flushed(line.count)
        }
    }

    private func flushed(_ bytes: Int) {
        if let lost = budget.flushed(bytes), let line = server.encode(Event.lost(count: lost)) {
            budget.wrote(line.count)
            write(line)
        }
        guard !budget.isFull else { return }
        if heldRead {
            heldRead = false
            context?.read()
        }
        takeLines()
    }

    /// After the client's last request is answered, and it waits for no events, nothing is left to do.
    private func closeIfFinished() {
        if inputEnded, framing.isEmpty, open == 0, subscription.isEmpty, budget.unread == 0 { close() }
    }
}

extension ControlError {
    fileprivate static let unwritable = ControlError(
        code: .internalError, message: "The answer cannot be written.",
        remedy: "The daemon's log says why; please report it.")

    fileprivate static func busy(_ clients: Int) -> ControlError {
        ControlError(
            code: .busy, message: "\(clients) clients are connected, which is as many as are served.",
            remedy: "Close some of them, or wait.")
    }
}
