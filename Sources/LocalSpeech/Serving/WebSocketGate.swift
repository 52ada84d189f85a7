import NIOCore
import NIOWebSocket

/// One WebSocket connection between the frames and a session: answers pings, checks what NIO does not (masks,
/// reserved bits, UTF-8), records every message, and misbehaves when a fault says so.
///
/// Runs on: the connection's event loop.
final class WebSocketGate: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// Counted for `GET /control`.
    private(set) var textMessages = 0
    private(set) var binaryMessages = 0

    let session: any SpeechSession
    private let transport: TransportFaults
    private let recorder: ConnectionRecorder?
    private var context: ChannelHandlerContext?
    private var openedAt = NIODeadline.now()
    private var ticker: RepeatedTask?
    private var pendingFaults: [FaultPlan.Assignment] = []
    private var holdBack: TimeAmount?
    private var isSilent = false
    private var answersPings = true
    private var closeSent = false
    /// Nothing may happen while the transport stands still, not even a time-out.
    private var isFrozen = false

    init(session: any SpeechSession, transport: TransportFaults, recorder: ConnectionRecorder?) {
        self.session = session
        self.transport = transport
        self.recorder = recorder
    }

    /// Since the upgrade.
    var elapsed: Duration { .nanoseconds((NIODeadline.now() - openedAt).nanoseconds) }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Where the session's own work is to be scheduled; `nil` once the connection is gone.
    var eventLoop: (any EventLoop)? { context?.eventLoop }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        openedAt = .now()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ticker = context.eventLoop.scheduleRepeatedTask(
            initialDelay: .milliseconds(250), delay: .milliseconds(250)
        ) { _ in
            let gate = bound.value
            gate.applyDueFaults()
            if !gate.isFrozen { gate.session.timePassed(to: gate.elapsed) }
        }
        session.opened(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        recorder?.transportClosed(at: elapsed)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ticker?.cancel()
        session.closed()
        recorder?.finish()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    // MARK: what arrives

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        let now = elapsed
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return send(close: StreamClosure(code: 1002, reason: "Unmasked frame or reserved bit"))
        }
        var payload = frame.unmaskedData
        switch frame.opcode {
        case .text:
            guard let text = String(validating: payload.readableBytesView, as: UTF8.self) else {
                return send(close: StreamClosure(code: 1007, reason: "Text is not UTF-8"))
            }
            textMessages += 1
            recorder?.message(.client, .text(text), at: now)
            session.received(text: text, at: now)
        case .binary:
            binaryMessages += 1
            let bytes = Array(payload.readableBytesView)
            recorder?.message(.client, .binary(size: bytes.count), at: now)
            session.received(binary: bytes, at: now)
            applyDueFaults()
        case .ping:
            recorder?.message(.client, .ping, at: now)
            if answersPings { write(.pong, payload) }
        case .pong: recorder?.message(.client, .pong, at: now)
        case .connectionClose:
            let code = payload.readInteger(as: UInt16.self).map(Int.init)
            let reason = String(decoding: payload.readableBytesView, as: UTF8.self)
            recorder?.message(.client, .close(code: code, reason: reason), at: now)
            closeReceived(context, code: code ?? 1000)
        default: send(close: StreamClosure(code: 1002, reason: "Unknown opcode"))
        }
    }

    private func closeReceived(_ context: ChannelHandlerContext, code: Int) {
        if closeSent {
            context.close(promise: nil)
        } else {
            send(close: StreamClosure(code: code, reason: ""))
        }
    }

    // MARK: what is sent

    /// Sends a text message, unless a fault keeps it back.
    func send(text: String) {
        output { gate in
            gate.recorder?.message(.server, .text(text), at: gate.elapsed)
            gate.write(.text, ByteBuffer(string: text))
        }
    }

    /// Sends a binary message, unless a fault keeps it back.
    func send(binary: [UInt8]) {
        output { gate in
            gate.recorder?.message(.server, .binary(size: binary.count), at: gate.elapsed)
            gate.write(.binary, ByteBuffer(bytes: binary))
        }
    }

    /// Sends a close frame and, when the client has answered or a second has passed, closes the connection.
    func send(close closure: StreamClosure) {
        output { gate in gate.writeClose(closure) }
    }

    private func output(_ action: @escaping (WebSocketGate) -> Void) {
        guard let context, !isSilent, !closeSent else { return }
        guard let holdBack else { return action(self) }
        context.eventLoop.assumeIsolated().scheduleTask(in: holdBack) { action(self) }
    }

    private func writeClose(_ closure: StreamClosure) {
        guard let context, !closeSent else { return }
        closeSent = true
        recorder?.message(.server, .close(code: closure.code, reason: closure.reason), at: elapsed)
        var payload = ByteBuffer()
        payload.writeInteger(UInt16(clamping: closure.code))
        payload.writeString(closure.reason)
        write(.connectionClose, payload)
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) {
            self.context?.close(promise: nil)
        }
    }

    private func write(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, fin: Bool = true) {
        write(WebSocketFrame(fin: fin, opcode: opcode, data: payload))
    }

    private func write(_ frame: WebSocketFrame) {
        context?.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    }

    // MARK: faults

    /// Takes a fault for this connection; it happens when its schedule says so.
    func accept(_ assignment: FaultPlan.Assignment) {
        pendingFaults.append(assignment)
        applyDueFaults()
    }

    /// Ends every fault that lasts, and forgets those to come.
    func recover() {
        pendingFaults = []
        endLastingFaults()
    }

    private func endLastingFaults() {
        holdBack = nil
        isSilent = false
        answersPings = true
        isFrozen = false
        transport.thaw()
    }

    private func applyDueFaults() {
        let seconds = elapsed / .seconds(1)
        let due = pendingFaults.filter {
            $0.schedule.afterSeconds <= seconds && $0.schedule.afterAudioSeconds <= session.audioSeconds
        }
        guard !due.isEmpty else { return }
        pendingFaults.removeAll { due.contains($0) }
        for assignment in due {
            recorder?.message(.server, .fault(assignment.fault.name), at: elapsed)
            apply(assignment.fault)
            guard let lasting = assignment.schedule.lastingSeconds, let context else { continue }
            context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(lasting * 1e9))) {
                self.endLastingFaults()
            }
        }
    }

    private func apply(_ fault: Fault) {
        switch fault {
        case .refuse, .hang, .status, .delay, .subprotocol: break  // Done at the handshake.
        case .reset: transport.reset()
        case .freeze:
            isFrozen = true
            transport.freeze()
        case .halfOpen:
            isFrozen = true
            transport.shrinkReceiveBuffer()
            transport.freeze()
        case .halfClose: transport.closeOutput()
        case .drop: transport.drop()
        case .close(let closure): writeClose(closure)
        case .garbage(let kind): for frame in kind.frames() { write(frame) }
        case .silent: isSilent = true
        case .slow(let seconds): holdBack = .nanoseconds(Int64(seconds * 1e9))
        case .noPong: answersPings = false
        }
    }
}
