import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A server that does what a test says, byte by byte, so that it can also misbehave. It knows just enough
/// HTTP and WebSocket to take requests and frames apart.
final class ScriptedServer: Sendable {
    struct Script: Sendable {
        /// A whole request head came.
        var requested: @Sendable (Request, Peer) -> Void = { _, peer in peer.accept() }
        /// A frame came.
        var received: @Sendable (Frame, Peer) -> Void = { _, _ in }
    }

    let port: Int
    private let channel: any Channel

    /// Listens on 127.0.0.1, on a port of the system's choice.
    init(on group: any EventLoopGroup, tls: NIOSSLContext? = nil, script: Script) async throws {
        let connections = Mutex(0)
        channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let number = connections.withLock { count in
                    count += 1
                    return count
                }
                return channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        PeerHandler(number: number, script: script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func stop() async throws { try await channel.close() }
}

/// A request's head.
struct Request: Sendable {
    var target = ""
    var headers: [(name: String, value: String)] = []

    func values(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }
}

/// A client's frame, unmasked.
struct Frame: Sendable, Equatable {
    enum Opcode {
        static let text: UInt8 = 1, binary: UInt8 = 2, close: UInt8 = 8, ping: UInt8 = 9, pong: UInt8 = 10
    }

    var opcode: UInt8
    var isMasked: Bool
    var payload: [UInt8]

    var text: String { String(decoding: payload, as: UTF8.self) }
    /// Of a close frame.
    var closeCode: UInt16? { payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil }
}

/// One connection as a script sees it.
struct Peer: Sendable {
    /// Counts from 1.
    let number: Int
    let channel: any Channel
    let key: String

    /// Answers 101; `early` goes out in the same write.
    func accept(subprotocol: String? = "token", headers: [String] = [], early: [UInt8] = []) {
        let lines =
            [
                "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Accept: \(acceptKey(for: key))", "dg-request-id: request-\(number)",
            ] + (subprotocol.map { ["Sec-WebSocket-Protocol: \($0)"] } ?? []) + headers
        raw(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + early)
    }

    func refuse(_ status: String, headers: [String] = [], body: String = "") {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
        raw(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
    }

    func raw(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    func text(_ text: String) { raw(frame(Frame.Opcode.text, Array(text.utf8))) }

    func close(_ code: UInt16?, _ reason: String = "") {
        let payload = code.map { [UInt8($0 >> 8), UInt8($0 & 255)] + Array(reason.utf8) } ?? []
        raw(frame(Frame.Opcode.close, payload))
    }

    /// Ends the transport with a TCP reset.
    func reset() {
        guard let options = channel as? any SocketOptionProvider else { return end() }
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }

    func end() { channel.close(promise: nil) }
}

/// A whole frame as a server sends it.
func frame(_ opcode: UInt8, _ payload: [UInt8], fin: Bool = true) -> [UInt8] {
    let first = opcode | (fin ? 0x80 : 0)
    if payload.count < 126 { return [first, UInt8(payload.count)] + payload }
    if payload.count < 65_536 {
        return [first, 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
    }
    return [first, 127] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 255) } + payload
}

private final class PeerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let number: Int
    private let script: ScriptedServer.Script
    private var bytes: [UInt8] = []
    private var peer: Peer?

    init(number: Int, script: ScriptedServer.Script) {
        self.number = number
        self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += Self.unwrapInboundIn(data).readableBytesView
        if peer == nil { parseRequest(context.channel) }
        while let peer, let next = parseFrame() {
            // As every server does.
            if next.opcode == Frame.Opcode.ping {
                peer.raw(frame(Frame.Opcode.pong, next.payload))
            } else {
                script.received(next, peer)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func parseRequest(_ channel: any Channel) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("\r\n\r\n"),
            let end = bytes.indices.first(where: { bytes[$0...].starts(with: [13, 10, 13, 10]) })
        else { return }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        bytes.removeFirst(end + 4)
        var request = Request()
        request.target = lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? ""
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
            request.headers.append((String(parts[0]), String(value)))
        }
        let peer = Peer(
            number: number, channel: channel, key: request.values("Sec-WebSocket-Key").first ?? "")
        self.peer = peer
        script.requested(request, peer)
    }

    private func parseFrame() -> Frame? {
        guard bytes.count >= 2 else { return nil }
        let isMasked = bytes[1] & 0x80 != 0
        var count = Int(bytes[1] & 0x7F)
        var offset = 2
        if count >= 126 {
            let size = count == 126 ? 2 : 8
            guard bytes.count >= 2 + size else { return nil }
            count = bytes[2..<(2 + size)].reduce(0) { $0 << 8 | Int($1) }
            offset += size
        }
        let mask = isMasked ? Array(bytes.dropFirst(offset).prefix(4)) : [0, 0, 0, 0]
        if isMasked { offset += 4 }
        guard bytes.count >= offset + count, mask.count == 4 else { return nil }
        let payload = bytes[offset..<(offset + count)].enumerated().map { $1 ^ mask[$0 & 3] }
        let frame = Frame(opcode: bytes[0] & 15, isMasked: isMasked, payload: payload)
        bytes.removeFirst(offset + count)
        return frame
    }
}

/// The proof of having read a request's key (RFC 6455 §4.2.2).
private func acceptKey(for key: String) -> String {
    base64(sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
}

private func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for index in 0..<4 {
            text.append(index <= group.count ? digits[word >> (18 - 6 * index) & 63] : "=")
        }
    }
    return text
}

/// FIPS 180-4.
private func sha1(_ message: [UInt8]) -> [UInt8] {
    var hash: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    padded += (0..<8).map { UInt8((message.count * 8) >> (56 - 8 * $0) & 255) }
    let rotated = { (word: UInt32, count: UInt32) in word << count | word >> (32 - count) }
    for start in stride(from: 0, to: padded.count, by: 64) {
        var words = (0..<16).map { index in
            padded[(start + 4 * index)..<(start + 4 * index + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<80 {
            words.append(
                rotated(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1))
        }
        var (a, b, c, d, e) = (hash[0], hash[1], hash[2], hash[3], hash[4])
        for index in 0..<80 {
            let (mixed, constant): (UInt32, UInt32) =
                switch index {
                case ..<20: (b & c | ~b & d, 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            (a, b, c, d, e) = (
                rotated(a, 5) &+ mixed &+ e &+ constant &+ words[index], a, rotated(b, 30), c, d
            )
        }
        for (index, word) in [a, b, c, d, e].enumerated() { hash[index] &+= word }
    }
    return hash.flatMap { word in (0..<4).map { UInt8(word >> (24 - 8 * $0) & 255) } }
}
