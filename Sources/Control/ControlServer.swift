import ControlProtocol
import Glibc
import Logging
import NIOCore
import NIOPosix

/// Serves the control protocol on Unix sockets.
///
/// Runs on: its event loop, from `init` on. Not to be touched from elsewhere.
package final class ControlServer {
    /// Does what a request asks, and calls `reply` with what came of it: once, or first with `.say`
    /// `.accepted` and once more at the end. `reply` may be kept and called later, on the loop; after the
    /// client left it does nothing. `tail` and what the socket does not allow are dealt with before.
    package typealias Handler = (
        _ request: Request, _ access: Access, _ reply: @escaping (Response.Body) -> Void
    ) -> Void

    /// Called when a client has asked for other events than before, or left.
    package var subscriptionsChanged: () -> Void = {}

    let limits: ServerLimits
    let logger: Logger
    let handle: Handler
    private let loop: any EventLoop
    private var listeners: [(channel: any Channel, path: String?)] = []
    private var clients: [ObjectIdentifier: ControlConnection] = [:]

    /// A server that serves nothing yet. Called on `loop`.
    package init(
        on loop: any EventLoop, logger: Logger, limits: ServerLimits = ServerLimits(),
        handle: @escaping Handler
    ) {
        loop.preconditionInEventLoop()
        self.loop = loop
        self.logger = logger
        self.limits = limits
        self.handle = handle
    }

    /// Serves `path`. Its directory is made if only the last part of it is missing; a socket that nobody
    /// answers on is replaced. Fails with a `ControlServerError`.
    package func open(path: String, access: Access, mode: UInt32? = nil) -> EventLoopFuture<Void> {
        loop.preconditionInEventLoop()
        let mode = mode ?? access.socketMode
        let here = NIOLoopBound(self, eventLoop: loop)
        do throws(ControlServerError) {
            try SocketFile.prepare(path)
        } catch {
            return loop.makeFailedFuture(error)
        }
        return Self.assertUnanswered(path, on: loop).flatMap {
            here.value.bootstrap(access).bind(unixDomainSocketPath: path + SocketFile.newborn)
                .flatMapErrorThrowing { throw ControlServerError.refused("bind", path, $0) }
        }.flatMapThrowing { channel in
            do throws(ControlServerError) {
                try SocketFile.install(path, mode: mode)
            } catch {
                SocketFile.remove(path + SocketFile.newborn)
                channel.close(promise: nil)
                throw error
            }
            here.value.listeners.append((channel, path))
            here.value.logger.info(
                "control socket open", metadata: ["path": "\(path)", "access": "\(access)"])
        }
    }

    /// Serves a socket that is bound and listens already; takes the descriptor over. The file stays on
    /// closing.
    package func open(listening descriptor: CInt, access: Access) -> EventLoopFuture<Void> {
        loop.preconditionInEventLoop()
        let here = NIOLoopBound(self, eventLoop: loop)
        return bootstrap(access).withBoundSocket(descriptor).map { here.value.listeners.append(($0, nil)) }
    }

    /// Whether anybody asked for events of this kind: spares making those that come often.
    package func isWanted(_ kind: EventKind) -> Bool {
        clients.values.contains { $0.subscription.contains(kind) }
    }

    /// Sends `event` to everybody who asked for its kind.
    package func publish(_ event: Event) {
        loop.preconditionInEventLoop()
        guard let kind = event.kind, isWanted(kind), let line = encode(event) else { return }
        for client in clients.values where client.subscription.contains(kind) { client.send(event: line) }
    }

    /// Ceases to serve: no more clients, the present ones disconnected, the socket files removed.
    package func close() -> EventLoopFuture<Void> {
        loop.preconditionInEventLoop()
        let closing = listeners.map { listener in
            if let path = listener.path { SocketFile.remove(path) }
            return listener.channel.close().flatMapErrorThrowing { _ in
                // Closed already, which is what was wanted.
            }
        }
        listeners = []
        for client in clients.values { client.close() }
        return EventLoopFuture.andAllComplete(closing, on: loop)
    }

    /// Admits a client; false where its socket has as many as it serves.
    func entered(_ client: ControlConnection) -> Bool {
        guard clients.values.count(where: { $0.access == client.access }) < limits.clients else {
            return false
        }
        clients[ObjectIdentifier(client)] = client
        return true
    }

    func left(_ client: ControlConnection) {
        clients[ObjectIdentifier(client)] = nil
        subscriptionsChanged()
    }

    /// `value` as a line; nil, and logged, where it cannot be written.
    func encode(_ value: some Encodable) -> [UInt8]? {
        do throws(JSONLine.Failure) {
            return try JSONLine.encode(value)
        } catch {
            logger.error("control message cannot be written", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func bootstrap(_ access: Access) -> ServerBootstrap {
        let here = NIOLoopBound(self, eventLoop: loop)
        return ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: Int32(limits.backlog))
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = ControlConnection(server: here.value, access: access)
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
    }

    /// Fails if somebody serves `path`, or if it is something else.
    package static func assertUnanswered(_ path: String, on loop: any EventLoop) -> EventLoopFuture<Void> {
        ClientBootstrap(group: loop).connect(unixDomainSocketPath: path).flatMapThrowing { channel in
            channel.close(promise: nil)
            throw ControlServerError.alreadyServed(path: path)
        }.flatMapErrorThrowing { error in
            if error is ControlServerError { throw error }
            switch (error as? IOError)?.errnoCode {
            case ENOENT: return
            case ECONNREFUSED where SocketFile.isSocket(path): return
            case ECONNREFUSED: throw ControlServerError.notASocket(path: path)
            default: throw ControlServerError.refused("connect", path, error)
            }
        }
    }
}

extension Access {
    /// Who may connect, unless configured otherwise.
    package var socketMode: UInt32 {
        switch self {
        case .control: 0o660
        case .observe: 0o666
        }
    }
}

extension ControlServerError {
    fileprivate static func refused(_ operation: String, _ path: String, _ error: any Error)
        -> ControlServerError
    {
        .refused(operation: operation, path: path, code: (error as? IOError)?.errnoCode ?? 0)
    }
}
