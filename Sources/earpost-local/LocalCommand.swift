import ArgumentParser
import Dispatch
import Glibc
import LocalSpeech
import Logging

/// `earpost-local`: reads arguments, starts the service, waits for SIGTERM or SIGINT.
@main
struct LocalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "earpost-local",
        abstract: "A Deepgram-compatible speech service for one machine: demo, tests, offline use.",
        discussion: "See docs/LOCAL-SPEECH.md for engines and for POST /control, which makes it misbehave.")

    @OptionGroup(title: "Network") var network: NetworkArguments
    @OptionGroup(title: "Listen") var listen: ListenArguments
    @OptionGroup(title: "Speak") var speak: SpeakArguments

    @Option(help: "Write a WAV file and a message log of every connection into this directory.")
    var record: String?
    @Option(help: "Seconds one run of an engine may take.")
    var engineSeconds = 60.0
    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = Logger.Level.info

    func run() async throws {
        let level = logLevel
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: "earpost-local")
        var options = ServiceOptions()
        try network.apply(to: &options, logger)
        try listen.apply(to: &options, logger)
        try speak.apply(to: &options, logger)
        options.recordDirectory = record
        options.engineLimit = .seconds(engineSeconds)

        let signals = Signals()
        let server: LocalSpeechServer
        do {
            server = try await LocalSpeechServer.start(options, logger: logger)
        } catch {
            logger.critical("cannot start: \(error)")
            throw ExitCode(EX_UNAVAILABLE)
        }
        try server.announce(portFile: network.portFile)
        let signal = await signals.first()
        logger.notice("stopping", metadata: ["signal": "\(signal)"])
        try await server.stop()
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// SIGTERM and SIGINT as something to wait for.
struct Signals {
    private let stream: AsyncStream<CInt>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream<CInt>.makeStream()
        self.stream = stream
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    /// Returns when one of them arrives.
    func first() async -> CInt {
        for await number in stream { return number }
        return SIGTERM
    }
}
