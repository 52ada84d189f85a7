import ControlProtocol
import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

@testable import Control

/// A server on a loop of its own with its sockets in a directory of its own.
///
/// It answers `status`-like requests at once and keeps those to be spoken, until a test has them heard.
struct Rig: Sendable {
    let loop: any EventLoop
    let directory: String
    /// Only touched on the loop.
    let server: NIOLoopBoundBox<ControlServer>
    let spoken: NIOLoopBoundBox<[(Response.Body) -> Void]>
    /// Requests that were handled.
    let handled: NIOLoopBoundBox<Int>

    var control: String { directory + "/control.sock" }
    var observe: String { directory + "/observe.sock" }

    static func make(limits: ServerLimits = ServerLimits()) async throws -> Rig {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let directory = "/tmp/earpost-control-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        return try await loop.submit {
            let spoken = NIOLoopBoundBox<[(Response.Body) -> Void]>([], eventLoop: loop)
            let handled = NIOLoopBoundBox(0, eventLoop: loop)
            let server = ControlServer(on: loop, logger: Logger(label: "test"), limits: limits) {
                request, access, reply in
                handled.value += 1
                switch request.verb {
                case .say(let text, let utterance):
                    reply(.say(SayProgress(.accepted, utterance: utterance ?? text)))
                    spoken.value.append(reply)
                case .config:
                    reply(.config(ConfigurationReport(file: access.rawValue, entries: [])))
                default:
                    reply(.done)
                }
            }
            return Rig(
                loop: loop, directory: directory, server: NIOLoopBoundBox(server, eventLoop: loop),
                spoken: spoken,
                handled: handled)
        }.get()
    }

    /// Opens both sockets.
    func open() async throws {
        try await loop.flatSubmit {
            server.value.open(path: control, access: .control)
                .flatMap { server.value.open(path: observe, access: .observe) }
        }.get()
    }

    func publish(_ events: [Event]) async throws {
        try await loop.submit { for event in events { server.value.publish(event) } }.get()
    }

    func close() async throws {
        try await loop.flatSubmit { server.value.close() }.get()
        for path in [control, observe] { SocketFile.remove(path) }
        _ = unsafe rmdir(directory)
    }
}

/// A client that reads when it is told to.
final class Client {
    let channel: any Channel
    private var lines: AsyncStream<String>.Iterator

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let lines: AsyncStream<String>.Continuation
        private let rest = NIOLockedValueBox("")

        init(_ lines: AsyncStream<String>.Continuation) { self.lines = lines }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            let whole = rest.withLockedValue { rest in
                var parts = (rest + text).split(separator: "\n", omittingEmptySubsequences: false).map(
                    String.init)
                rest = parts.removeLast()
                return parts
            }
            for line in whole { lines.yield(line) }
        }

        func channelInactive(context: ChannelHandlerContext) { lines.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    init(_ path: String, reads: Bool = true) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        lines = stream.makeAsyncIterator()
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { channel in
                channel.pipeline.addHandler(Collector(continuation))
            }
            .connect(unixDomainSocketPath: path).get()
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    func send(_ request: Request) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: JSONLine.encode(request)))
    }

    /// The next line; nil at the end of the connection.
    func line() async -> String? { await lines.next() }

    /// The next line, which is a response.
    func response() async throws -> Response? {
        guard let line = await line() else { return nil }
        guard case .response(let response) = try JSONLine.decode(ServerLine.self, from: line.utf8) else {
            return nil
        }
        return response
    }

    /// The next line, which is an event.
    func event() async throws -> Event? {
        guard let line = await line() else { return nil }
        guard case .event(let event) = try JSONLine.decode(ServerLine.self, from: line.utf8) else {
            return nil
        }
        return event
    }

    func startReading() async throws { try await channel.setOption(.autoRead, value: true).get() }

    func close() async throws { try await channel.close() }
}
