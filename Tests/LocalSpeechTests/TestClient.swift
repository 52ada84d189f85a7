import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Testing

/// A WebSocket client of NIO's own, for asking a server questions.
enum TestClient {
    typealias Frames = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>
    typealias Parts = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    /// How a handshake ended.
    enum Handshake {
        case open(Frames, headers: HTTPHeaders)
        case refused(Parts)
    }

    /// A failed upgrade, read to its end.
    struct Refusal {
        var status = 0
        var headers = HTTPHeaders()
        var body = ""
    }

    /// What a server sent.
    enum Event: Equatable {
        case text(String)
        case binary([UInt8])
        case ping
        case close(code: Int, reason: String)
    }

    static let key = "0123456789abcdef"
    static let listenTarget = "/v1/listen?encoding=linear16&sample_rate=16000"

    /// Connects and asks for an upgrade; throws if the connection ends without an answer.
    static func handshake(
        port: Int, target: String = listenTarget,
        headers: HTTPHeaders = ["Sec-WebSocket-Protocol": "token, \(key)"]
    ) async throws -> Handshake {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    var all = headers
                    all.add(name: "Host", value: "127.0.0.1:\(port)")
                    all.add(name: "Content-Length", value: "0")
                    let upgrader = NIOTypedWebSocketClientUpgrader<Handshake>(
                        upgradePipelineHandler: { channel, head in
                            channel.eventLoop.makeCompletedFuture {
                                .open(
                                    try Frames(wrappingChannelSynchronously: channel), headers: head.headers)
                            }
                        })
                    let configuration = NIOTypedHTTPClientUpgradeConfiguration<Handshake>(
                        upgradeRequestHead: HTTPRequestHead(
                            version: .http1_1, method: .GET, uri: target, headers: all),
                        upgraders: [upgrader],
                        notUpgradingCompletionHandler: { channel in
                            channel.eventLoop.makeCompletedFuture {
                                .refused(try Parts(wrappingChannelSynchronously: channel))
                            }
                        })
                    var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(
                        upgradeConfiguration: configuration)
                    // What arrives together with the answer is the first message; NIO would drop it.
                    pipeline.leftOverBytesStrategy = .forwardBytes
                    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                        configuration: pipeline)
                }
            }.get()
    }

    /// Opens a connection, runs `script` on it, and returns everything the server sent until it closed.
    @discardableResult
    static func converse(
        port: Int, target: String = listenTarget,
        headers: HTTPHeaders = ["Sec-WebSocket-Protocol": "token, \(key)"],
        _ script: (NIOAsyncChannelOutboundWriter<WebSocketFrame>) async throws -> Void
    ) async throws -> (headers: HTTPHeaders, events: [Event]) {
        guard
            case .open(let frames, let headers) = try await handshake(
                port: port, target: target, headers: headers)
        else { throw NotOpened() }
        var events: [Event] = []
        do {
            try await frames.executeThenClose { inbound, outbound in
                try await script(outbound)
                for try await frame in inbound {
                    guard let event = Event(frame) else { continue }
                    events.append(event)
                    if case .close = event { return }
                }
            }
        } catch ChannelError.ioOnClosedChannel {
            // The server said goodbye and closed before we did: that is how a conversation ends.
            guard case .close = events.last else { throw ChannelError.ioOnClosedChannel }
        }
        return (headers, events)
    }

    /// The refusal of a handshake that is expected to be refused.
    static func refusal(
        port: Int, target: String = listenTarget,
        headers: HTTPHeaders = ["Sec-WebSocket-Protocol": "token, \(key)"]
    ) async throws -> Refusal {
        switch try await handshake(port: port, target: target, headers: headers) {
        case .open(let frames, _):
            try await frames.executeThenClose { _, _ in }
            throw NotRefused()
        case .refused(let parts): return try await read(parts)
        }
    }

    /// Sends a plain request to `/control`.
    static func control(port: Int, _ method: HTTPMethod, body: String) async throws -> Refusal {
        let parts = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Parts(wrappingChannelSynchronously: channel)
                }
            }
        let head = HTTPRequestHead(
            version: .http1_1, method: method, uri: "/control",
            headers: ["Host": "127.0.0.1", "Content-Length": "\(body.utf8.count)"])
        return try await parts.executeThenClose { inbound, outbound in
            try await outbound.write(.head(head))
            try await outbound.write(.body(.byteBuffer(ByteBuffer(string: body))))
            try await outbound.write(.end(nil))
            return try await read(inbound)
        }
    }

    private static func read(_ parts: Parts) async throws -> Refusal {
        try await parts.executeThenClose { inbound, _ in try await read(inbound) }
    }

    private static func read(_ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws
        -> Refusal
    {
        var refusal = Refusal()
        for try await part in inbound {
            switch part {
            case .head(let head): (refusal.status, refusal.headers) = (Int(head.status.code), head.headers)
            case .body(let buffer): refusal.body += String(buffer: buffer)
            case .end: return refusal
            }
        }
        return refusal
    }

    struct NotOpened: Error {}
    struct NotRefused: Error {}
}

extension TestClient.Event {
    init?(_ frame: WebSocketFrame) {
        var data = frame.unmaskedData
        switch frame.opcode {
        case .text: self = .text(String(buffer: data))
        case .binary: self = .binary(Array(data.readableBytesView))
        case .ping: self = .ping
        case .connectionClose:
            let code = data.readInteger(as: UInt16.self).map(Int.init) ?? 1005
            self = .close(code: code, reason: String(buffer: data))
        default: return nil
        }
    }
}

extension NIOAsyncChannelOutboundWriter<WebSocketFrame> {
    func send(text: String) async throws { try await send(.text, ByteBuffer(string: text)) }
    func send(binary: [UInt8]) async throws { try await send(.binary, ByteBuffer(bytes: binary)) }

    private func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer) async throws {
        try await write(WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data))
    }
}
