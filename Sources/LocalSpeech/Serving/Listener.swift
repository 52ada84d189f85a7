import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// The listening socket: bound, taken down for a while, stopped.
///
/// Runs on: the service's event loop.
final class Listener {
    let core: ServiceCore
    private let tls: NIOSSLContext?
    private let group: MultiThreadedEventLoopGroup
    private var channel: (any Channel)?
    private var isStopped = false
    private var absence: Absence?
    /// Done when the socket that was wanted last listens.
    private(set) var settled: EventLoopFuture<Void>

    /// While the socket is closed on request.
    private struct Absence {
        let host: String
        let port: Int
        let end: Scheduled<Void>
    }

    init(core: ServiceCore, tls: NIOSSLContext?, group: MultiThreadedEventLoopGroup) {
        self.core = core
        self.tls = tls
        self.group = group
        settled = core.eventLoop.makeSucceededVoidFuture()
    }

    /// Listens, and gives the port.
    func bind(_ host: String, _ port: Int) -> EventLoopFuture<Int> {
        let loop = core.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        core.takeDown = { [weak self] seconds in self?.takeDown(host, for: seconds) }
        core.bringBack = { [weak self] in self?.bringBack() }
        let pipeline = NIOLoopBound(ConnectionPipeline(core: core, tls: tls), eventLoop: loop)
        return ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    ConnectionPipeline.keepFromChildren(channel.pipeline.syncOperations)
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try pipeline.value.build(on: channel) }
            }
            .bind(host: host, port: port)
            .map { channel in
                bound.value.bound(channel)
                return channel.localAddress?.port ?? port
            }
    }

    private func bound(_ channel: any Channel) {
        if isStopped { channel.close(promise: nil) } else { self.channel = channel }
    }

    private func takeDown(_ host: String, for seconds: Double) {
        guard let channel, let port = channel.localAddress?.port else { return }
        self.channel = nil
        channel.close(promise: nil)
        let timer = core.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) {
            self.bringBack()
        }
        absence = Absence(host: host, port: port, end: timer)
    }

    private func bringBack() {
        guard let absence, !isStopped else { return }
        self.absence = nil
        absence.end.cancel()
        settled = bind(absence.host, absence.port).map { _ in }
        settled.assumeIsolated().whenFailure { error in
            self.core.logger.error("cannot listen again", metadata: ["error": "\(error)"])
        }
    }

    /// Stops accepting and ends every connection; done when all are closed, or after two seconds.
    func stop() -> EventLoopFuture<Void> {
        isStopped = true
        absence?.end.cancel()
        channel?.close(promise: nil)
        let open = core.connections.values
        let done = core.eventLoop.makePromise(of: Void.self)
        let closing = open.map { connection in
            connection.gate.recover()
            connection.gate.send(close: StreamClosure(code: 1001, reason: "The service is stopping"))
            return connection.closed
        }
        let timeout = core.eventLoop.scheduleTask(in: .seconds(2)) { done.succeed() }
        EventLoopFuture.andAllComplete(closing, on: core.eventLoop).whenComplete { _ in
            timeout.cancel()
            done.succeed()
        }
        return done.futureResult
    }
}
