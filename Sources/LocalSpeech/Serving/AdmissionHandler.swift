import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1

/// Reads the request of a new connection: answers `/control` and refusals itself, lets the rest go on to the
/// upgrade.
///
/// Runs on: the service's event loop. Leaves the pipeline at the upgrade.
final class AdmissionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// A request that may be upgraded.
    struct Admitted {
        let admission: Admission
        let requestID: String
        let fault: FaultPlan.Assignment?
        let responseHeaders: HTTPHeaders
        /// Target and headers as they came, credentials masked.
        let record: ConnectionRecorder.Message
    }

    private enum State {
        case idle
        case collecting([UInt8], HTTPRequestHead)
        /// The upgrade is put off; these parts come after it.
        case delaying([HTTPServerRequestPart])
        case passing
        case finished
    }

    private static let bodyLimit = 64 << 10

    private let core: ServiceCore
    private let transport: TransportFaults
    private var state = State.idle
    private(set) var admitted: Admitted?

    init(core: ServiceCore, transport: TransportFaults) {
        self.core = core
        self.transport = transport
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        switch (state, part) {
        case (.idle, .head(let head)): headReceived(context, head)
        case (.collecting(let body, let head), .body(let more)):
            guard body.count + more.readableBytes <= Self.bodyLimit else {
                return refuse(
                    context, RequestRefusal(status: 413, code: "PAYLOAD_TOO_LARGE", message: "Too large."))
            }
            state = .collecting(body + Array(more.readableBytesView), head)
        case (.collecting(let body, let head), .end): controlReceived(context, head, body)
        case (.delaying(let parts), _): state = .delaying(parts + [part])
        case (.passing, _): context.fireChannelRead(data)
        case (.idle, _), (.collecting, .head), (.finished, _): break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func headReceived(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        let path = QueryParameters.path(of: head.uri)
        if path == "/control" {
            state = .collecting([], head)
            return
        }
        guard let service = Admission.service(path: path) else { return refuse(context, .standard(404)) }
        let assignment = core.takeFault(for: service)
        switch assignment?.fault {
        case .refuse:
            state = .finished
            return transport.reset()
        case .hang:
            state = .finished
            return
        case .status(let status, let retryAfter):
            return refuse(context, .standard(status, retryAfterSeconds: retryAfter))
        default: break
        }
        do {
            try admit(head, service, assignment)
        } catch {
            return refuse(context, error)
        }
        pass(context, head, after: assignment?.fault)
    }

    private func admit(
        _ head: HTTPRequestHead, _ service: FaultCommand.Service, _ assignment: FaultPlan.Assignment?
    ) throws(RequestRefusal) {
        let admission = try Admission(
            service: service, target: head.uri, subprotocols: head.headers["Sec-WebSocket-Protocol"],
            authorization: head.headers["Authorization"].first, credentials: core.options.credentials)
        if let limit = core.options.connectionLimit, core.count(of: service) >= limit { throw .standard(429) }
        let isUpgrade = head.headers[canonicalForm: "Upgrade"].contains { $0.lowercased() == "websocket" }
        guard isUpgrade else {
            throw RequestRefusal(
                status: 400, code: "Bad Request", message: "A WebSocket upgrade was expected.")
        }
        let requestID = UUID().uuidString.lowercased()
        var headers = HTTPHeaders([("dg-request-id", requestID)])
        var subprotocol = admission.subprotocol
        if case .subprotocol(let other) = assignment?.fault { subprotocol = other }
        if let subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
        let masked = head.headers.map { [$0.name, HeaderMask.masked($0.value, of: $0.name)] }
        admitted = Admitted(
            admission: admission, requestID: requestID, fault: assignment, responseHeaders: headers,
            record: .handshake(target: head.uri, headers: masked))
    }

    private func pass(_ context: ChannelHandlerContext, _ head: HTTPRequestHead, after fault: Fault?) {
        guard case .delay(let seconds) = fault else {
            state = .passing
            return context.fireChannelRead(Self.wrapInboundOut(.head(head)))
        }
        state = .delaying([])
        context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) {
            guard case .delaying(let parts) = self.state else { return }
            self.state = .passing
            for part in [.head(head)] + parts { context.fireChannelRead(Self.wrapInboundOut(part)) }
        }
    }

    private func controlReceived(_ context: ChannelHandlerContext, _ head: HTTPRequestHead, _ body: [UInt8]) {
        guard context.remoteAddress?.ipAddress.map(ServiceOptions.isLoopback) ?? false else {
            return refuse(context, .standard(403))
        }
        guard head.method == .POST else {
            return respond(context, .ok, core.state())
        }
        do {
            let command = try FaultCommand(json: body)
            respond(context, .ok, core.control(command))
        } catch {
            refuse(context, RequestRefusal(status: 400, code: "INVALID_JSON", message: error.message))
        }
    }

    private func refuse(_ context: ChannelHandlerContext, _ refusal: RequestRefusal) {
        struct Body: Encodable {
            var errCode: String
            var errMsg: String
            var requestId: String
        }
        let requestID = UUID().uuidString.lowercased()
        core.logger.info(
            "refused",
            metadata: ["status": "\(refusal.status)", "code": "\(refusal.code)", "why": "\(refusal.message)"])
        var headers = HTTPHeaders([("dg-request-id", requestID), ("dg-error", refusal.message)])
        if let seconds = refusal.retryAfterSeconds { headers.add(name: "Retry-After", value: "\(seconds)") }
        let body = Body(errCode: refusal.code, errMsg: refusal.message, requestId: requestID)
        respond(context, .init(statusCode: refusal.status), WireJSON.text(body), headers)
    }

    private func respond(
        _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ body: String,
        _ extra: HTTPHeaders = [:]
    ) {
        state = .finished
        var headers = extra
        headers.add(name: "Content-Type", value: "application/json")
        headers.add(name: "Content-Length", value: "\(body.utf8.count)")
        headers.add(name: "Connection", value: "close")
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }
}

/// Hides credentials in recorded headers while keeping their form.
package enum HeaderMask {
    /// `token, KEY` becomes `token, ‹40 characters›`; other headers stay as they are.
    package static func masked(_ value: String, of name: String) -> String {
        let separator: Character
        switch name.lowercased() {
        case "sec-websocket-protocol": separator = ","
        case "authorization": separator = " "
        default: return value
        }
        guard let end = value.firstIndex(of: separator) else { return "‹\(value.count) characters›" }
        let rest = value[value.index(after: end)...]
        let blanks = rest.prefix { $0 == " " }
        return "\(value[...end])\(blanks)‹\(rest.count - blanks.count) characters›"
    }
}
