import FoundationEssentials
import Logging
import NIOCore
import NIOPosix

/// The threads beside the event loop.
struct ServiceThreads: Sendable {
    /// Two, so that one long recognition does not keep everyone waiting.
    let engines = NIOThreadPool(numberOfThreads: 2)
    /// One: what it writes stays in order.
    let recorder = NIOThreadPool(numberOfThreads: 1)

    func start() {
        engines.start()
        recorder.start()
    }
}

/// What all connections of one service share.
///
/// Runs on: the service's one event loop.
final class ServiceCore {
    /// An open connection, as `/control` sees it.
    struct Connection {
        let service: FaultCommand.Service
        let requestID: String
        let gate: WebSocketGate
        /// Completes when the connection is gone.
        let closed: EventLoopFuture<Void>
    }

    let options: ServiceOptions
    let eventLoop: any EventLoop
    /// Runs engines.
    let engineThreads: NIOThreadPool
    let workshop: Workshop
    let logger: Logger
    let recording: ConnectionRecorder.Desk?

    private(set) var connections: [Int: Connection] = [:]
    private(set) var openedCount = 0
    private var plan = FaultPlan()
    /// Closes the listening socket for so many seconds.
    var takeDown: (Double) -> Void = { _ in }
    /// Opens it again before its time.
    var bringBack: () -> Void = {}

    init(
        options: ServiceOptions, eventLoop: any EventLoop, threads: ServiceThreads, workshop: Workshop,
        logger: Logger
    ) {
        self.options = options
        self.eventLoop = eventLoop
        engineThreads = threads.engines
        self.workshop = workshop
        self.logger = logger
        recording = options.recordDirectory.map {
            ConnectionRecorder.Desk(directory: $0, thread: threads.recorder)
        }
    }

    func takeFault(for service: FaultCommand.Service) -> FaultPlan.Assignment? { plan.take(for: service) }

    /// Registers a connection; the number is for `remove`.
    func add(_ connection: Connection) -> Int {
        openedCount += 1
        connections[openedCount] = connection
        return openedCount
    }

    func remove(_ number: Int) { connections[number] = nil }

    func count(of service: FaultCommand.Service) -> Int { connections.values.count { $0.service == service } }

    /// Does what a control command asks and returns the state afterwards, as JSON.
    func control(_ command: FaultCommand) -> String {
        logger.info("control", metadata: ["request": "\(command.request)", "service": "\(command.service)"])
        let concerned = connections.values.filter { command.service == .any || $0.service == command.service }
        switch command.request {
        case .next(let fault, let schedule, let count):
            plan.add(fault, schedule, service: command.service, count: count)
        case .now(let fault, let schedule):
            for connection in concerned { connection.gate.accept(.init(fault: fault, schedule: schedule)) }
        case .down(let seconds): takeDown(seconds)
        case .clear:
            plan.clear()
            bringBack()
            for connection in concerned { connection.gate.recover() }
        }
        return state()
    }

    private struct State: Encodable {
        struct Open: Encodable {
            var number: Int
            var service: String
            var requestId: String
            var seconds: Double
            var audioSeconds: Double
            var textMessages: Int
            var binaryMessages: Int
        }
        /// Connections that faults still wait for.
        var pending: Int
        /// Connections ever upgraded.
        var opened: Int
        var connections: [Open]
    }

    /// Faults to come and open connections, as JSON.
    func state() -> String {
        let open = connections.sorted { $0.key < $1.key }.map { number, connection in
            State.Open(
                number: number, service: connection.service.rawValue, requestId: connection.requestID,
                seconds: connection.gate.elapsed / .seconds(1),
                audioSeconds: connection.gate.session.audioSeconds,
                textMessages: connection.gate.textMessages, binaryMessages: connection.gate.binaryMessages)
        }
        return WireJSON.text(State(pending: plan.pending, opened: openedCount, connections: open))
    }
}
