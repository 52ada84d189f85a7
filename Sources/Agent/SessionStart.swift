import Audio
import Configuration
import Crossing
import Logging
import NIOCore
import SpeechLink
import SpeechProtocol
import System
import Timeline
import Uplink

/// What a start makes of this run's session, and of those that earlier runs left: everything between the
/// microphone and the listen service.
struct SessionStart {
    let disk: DiskThread
    let spool: SpoolDesk
    let hearing: HearingLine
    let live: Delivery
    let backlog: Backlog
    let allowance: Allowance?
    /// Why what waits in memory would not outlive the program.
    let volatile: RingFileError?

    /// What it is made with.
    struct Means {
        let configuration: AgentConfiguration
        let request: ListenRequest
        let settings: LinkSettings
        let manager: ServiceManager
        let logger: Logger
    }

    /// Runs on: the event loop. `tell` is called on the uplink's thread.
    init(_ means: Means, tell: @escaping @Sendable (UplinkEvent) -> Void) throws {
        let configuration = means.configuration
        let clock = means.settings.clock
        let bootID = try machineBootID()
        disk = DiskThread(on: means.settings.loop)
        let desk = SessionDesk(
            configuration: configuration, now: clock(), bootID: bootID,
            transcripts: (try? Files.names(in: configuration.transcript.directory.text)) ?? [],
            logger: means.logger)
        let opening = try desk.open()
        let identity = opening.identity
        let checkpoint = opening.checkpoint
        let isResumed = opening.isResumed
        volatile = opening.trouble
        let end = isResumed ? SessionEnd(identity, checkpoint, last: opening.lastEntry) : nil
        // Sound first: looking at what lies on the disk may take its time.
        hearing = try HearingLine(
            configuration, records: opening.ring.producer, start: end?.position ?? .start,
            resumingAfter: end?.boot, tell: tell)
        means.manager.notify("STATUS=looking at what was kept")
        let manager = means.manager
        spool = SpoolDesk(configuration, disk: disk) { manager.notify("EXTEND_TIMEOUT_USEC=60000000") }
        for problem in spool.problems {
            means.logger.error("the journal on disk", metadata: ["why": "\(problem)"])
        }
        let log = desk.log(
            identity, checkpoint, opening.ring.consumer, spool, found: spool.take(identity.session))
        let recovered = isResumed ? RecoveredSession(identity, checkpoint, log, now: clock().boot) : nil
        allowance = Self.allowance(configuration, disk, clock)
        let delivery = Delivery.Means(
            configuration: configuration, request: means.request,
            settings: Self.settings(means.settings, configuration, allowance), disk: disk, bootID: bootID)
        let live = try Delivery(
            identity, recovered: recovered, log: log, preroll: desk.preroll(identity), by: delivery)
        self.live = live
        spool.serve(identity.session, log) { [weak live] in live?.now ?? BootTime(nanoseconds: 0) }
        backlog = Backlog(desk.backlog(spool, by: delivery))
    }

    private static func allowance(
        _ configuration: AgentConfiguration, _ disk: DiskThread, _ clock: @escaping () -> ClockSample
    ) -> Allowance? {
        guard configuration.listen.dailyMinutes > 0 else { return nil }
        return Allowance(
            minutes: configuration.listen.dailyMinutes,
            path: configuration.transcript.directory.text + "/.quota", disk: disk, clock: clock)
    }

    private static func settings(
        _ settings: LinkSettings, _ configuration: AgentConfiguration, _ allowance: Allowance?
    ) -> LinkSettings {
        var settings = settings
        let rate = configuration.listen.rate
        settings.admits = { allowance?.admits($0, at: rate) ?? true }
        return settings
    }
}
