import FoundationEssentials
import Glibc
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// A Deepgram-compatible speech service on this machine.
///
/// Safe to use from any task; everything inside runs on one event loop, two engine threads and one recorder
/// thread.
package final class LocalSpeechServer: Sendable {
    /// The port it listens on.
    package let port: Int
    /// `ws://127.0.0.1:PORT`, or `wss://…`.
    package let url: String

    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let threads: ServiceThreads
    private let listener: NIOLoopBound<Listener>
    private let stopLine: StopLine
    private let directory: String

    /// Starts the service.
    ///
    /// - Throws: `ServiceOptions.Failure`, or NIO's error if the address cannot be bound.
    package static func start(_ options: ServiceOptions, logger: Logger) async throws -> LocalSpeechServer {
        guard options.allowsRemote || ServiceOptions.isLoopback(options.host) else {
            throw ServiceOptions.Failure.remoteHost(options.host)
        }
        let tls = try options.tls.map { try context($0) }
        let directory = try makeDirectories(options)
        guard let stopLine = StopLine() else {
            throw ServiceOptions.Failure.directory("no descriptor left for a pipe: errno \(errno)")
        }

        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let threads = ServiceThreads()
        threads.start()
        let loop = group.next()
        let listener = try await loop.submit {
            let workshop = Workshop(
                programs: ChildProcess(stopDescriptor: stopLine.reading), directory: directory,
                limit: options.engineLimit)
            let core = ServiceCore(
                options: options, eventLoop: loop, threads: threads, workshop: workshop, logger: logger)
            return NIOLoopBound(Listener(core: core, tls: tls, group: group), eventLoop: loop)
        }.get()
        do {
            let port = try await loop.flatSubmit { listener.value.bind(options.host, options.port) }.get()
            let scheme = tls == nil ? "ws" : "wss"
            let host = options.host.contains(":") ? "[\(options.host)]" : options.host
            return LocalSpeechServer(
                port: port, url: "\(scheme)://\(host):\(port)", group: group, loop: loop, threads: threads,
                listener: listener, stopLine: stopLine, directory: directory)
        } catch {
            try await shutDown(threads, group, stopLine)
            // What is left behind in the temporary directory does no harm.
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
    }

    private init(
        port: Int, url: String, group: MultiThreadedEventLoopGroup, loop: any EventLoop,
        threads: ServiceThreads,
        listener: NIOLoopBound<Listener>, stopLine: StopLine, directory: String
    ) {
        self.port = port
        self.url = url
        self.group = group
        self.loop = loop
        self.threads = threads
        self.listener = listener
        self.stopLine = stopLine
        self.directory = directory
    }

    /// Does what `POST /control` would, and returns its answer. `clear` also opens a socket that was taken
    /// down; it listens when this returns.
    @discardableResult
    package func control(_ command: FaultCommand) async throws -> String {
        let listener = listener
        return try await loop.flatSubmit {
            let answer = listener.value.core.control(command)
            return listener.value.settled.map { answer }
        }.get()
    }

    /// What `GET /control` answers.
    package func state() async throws -> String {
        let listener = listener
        return try await loop.submit { listener.value.core.state() }.get()
    }

    /// Stops accepting, says goodbye (1001) to every connection, kills running engines and frees everything.
    package func stop() async throws {
        let listener = listener
        try await loop.flatSubmit { listener.value.stop() }.get()
        try await Self.shutDown(threads, group, stopLine)
        // What is left behind in the temporary directory does no harm.
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func shutDown(
        _ threads: ServiceThreads, _ group: MultiThreadedEventLoopGroup, _ stopLine: StopLine
    ) async throws {
        stopLine.pull()
        try await threads.engines.shutdownGracefully()
        stopLine.remove()
        try await threads.recorder.shutdownGracefully()
        try await group.shutdownGracefully()
    }

    private static func context(_ files: ServiceOptions.TLSFiles) throws -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
            let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
            return try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
        } catch {
            throw ServiceOptions.Failure.tls("\(error)")
        }
    }

    private static func makeDirectories(_ options: ServiceOptions) throws -> String {
        let files = FileManager.default
        let work = files.temporaryDirectory.appending(path: "earpost-local-\(UUID().uuidString)")
        do {
            try files.createDirectory(
                at: work, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            if let records = options.recordDirectory {
                try files.createDirectory(atPath: records, withIntermediateDirectories: true)
            }
        } catch {
            throw ServiceOptions.Failure.directory("\(error)")
        }
        return work.path(percentEncoded: false)
    }
}
