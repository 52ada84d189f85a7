import Audio
import Configuration
import Crossing
import Glibc
import Journal
import Logging
import NIOCore
import NIOEmbedded
import SpeechLink
import SpeechProtocol
import System
import Timeline

@testable import Agent

/// The program from its start to its end, built of its own parts as `AgentRuntime` builds them.
///
/// Dropped without `end`, it was killed: its event loop turns no more.
final class Life {
    let loop: EmbeddedEventLoop
    let delivery: Delivery
    let isResumed: Bool
    /// Where the first record of this life lies.
    let start: StreamPosition
    private var records: RecordProducer
    private let disk: DiskThread
    private let spool: SpoolDesk

    init(_ world: World, loop: EmbeddedEventLoop) throws {
        self.loop = loop
        let configuration = world.place.configuration
        let desk = SessionDesk(
            configuration: configuration, now: world.sample, bootID: "simulated",
            transcripts: (try? Files.names(in: configuration.transcript.directory.text)) ?? [],
            logger: Logger(label: "simulation", factory: { _ in SwiftLogNoOpLogHandler() }))
        let opening = try desk.open()
        let identity = opening.identity
        let checkpoint = opening.checkpoint
        isResumed = opening.isResumed
        let end = isResumed ? SessionEnd(identity, checkpoint, last: opening.lastEntry) : nil
        let ring = opening.journal()
        disk = DiskThread(on: loop, isInline: true, jobTime: .milliseconds(4))
        spool = SpoolDesk(configuration, disk: disk)
        let log = desk.log(identity, checkpoint, ring.consumer, spool, found: spool.take(identity.session))
        let recovered = isResumed ? RecoveredSession(identity, checkpoint, log, now: world.now) : nil
        var settings = LinkSettings(
            credential: world.credential, security: world.security, loop: loop,
            clock: { [unowned world] in world.sample })
        settings.random = { [unowned world] in world.linkDice.seconds(0...0.999_999) }
        settings.transport = { [network = world.network] in network.transport($0, $1, $2) }
        settings.catchUpPercent = configuration.listen.catchUpPercent
        delivery = try Delivery(
            identity, recovered: recovered, log: log, preroll: desk.preroll(identity),
            by: Delivery.Means(
                configuration: configuration, request: configuration.listenRequest(), settings: settings,
                disk: disk, bootID: "simulated"))
        spool.serve(identity.session, log) { [weak delivery] in delivery?.now ?? BootTime(nanoseconds: 0) }
        start = end?.position ?? .start
        records = ring.producer
        records.handOver()
    }

    /// The uplink's next record, and the word of it.
    func append(_ uplink: SimulatedUplink) {
        uplink.append(to: &records)
        delivery.recordsAppended()
    }

    /// As the agent does each second.
    func eachSecond(_ sample: ClockSample) {
        delivery.books.sampled(sample)
        delivery.eachSecond()
    }
}

/// Where the program keeps its files, and its settings.
struct Place {
    let directory: String
    let configuration: AgentConfiguration

    init(_ shape: SimulatedUplink.Shape, settings: [String: String] = [:], transcripts: String? = nil) throws
    {
        directory = try Files.makeTemporaryDirectory(prefix: "earpost-simulation")
        var lines = [
            "transcript.directory": "\"\(transcripts ?? directory + "/transcripts")\"",
            "journal.ram_file": "\"\(directory)/journal.ring\"", "journal.ram_bytes": "\"32MiB\"",
            "journal.directory": "\"\(directory)/journal\"",
            "listen.url": "\"wss://speech.test/v1/listen\"",
            "listen.encoding": "\"\(shape.encoding)\"", "listen.sample_rate": "\(shape.rate.hertz)",
            "listen.channels": "\(shape.channels)",
        ]
        if shape.channels > 1 { lines["capture.channel"] = "\"all\"" }
        lines.merge(settings) { $1 }
        let text = lines.map { "\($0.key) = \($0.value)\n" }.sorted().joined()
        configuration = try AgentConfiguration.load(text: text, source: "simulation", environment: []).value
    }

    func remove() { Self.remove(directory) }

    private static func remove(_ path: String) {
        guard unlink(path) != 0 else { return }
        for name in (try? Files.names(in: path)) ?? [] { remove("\(path)/\(name)") }
        rmdir(path)
    }
}
