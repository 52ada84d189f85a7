import Audio
import Configuration
import Journal
import Synchronization
import Timeline

/// The journal's disk: one spool, which works on the disk's thread, and the logs it answers to.
///
/// Belongs to the event loop.
final class SpoolDesk {
    private let spool: SharedSpool
    private let disk: DiskThread
    private let policy: SpoolPolicy
    private var logs: [String: (log: PacketLog, now: () -> BootTime)] = [:]
    /// What earlier runs left; of each session until it is taken.
    private(set) var found: [SurveyedSession]
    /// What could not be looked at, and why.
    let problems: [String]

    /// Looks at what earlier runs left, and waits for the disk meanwhile, as a start may.
    /// `progressed` is called before each segment is read.
    init(
        _ configuration: AgentConfiguration, disk: DiskThread,
        progressed: @escaping @Sendable () -> Void = {}
    ) {
        let journal = configuration.journal
        spool = SharedSpool(
            directory: journal.directory.text,
            bounds: SpoolBounds(maxBytes: journal.maximumBytes, maxAge: journal.maximumAge))
        self.disk = disk
        policy = SpoolPolicy(
            durability: journal.durability == .power ? .power : .outage, spoolAfter: journal.spoolAfter)
        let survey = spool.survey(progressed)
        found = survey.sessions
        problems = survey.problems
    }

    /// Takes what was found of the session of this name.
    func take(_ session: String) -> SurveyedSession? {
        guard let index = found.firstIndex(where: { $0.name == session }) else { return nil }
        return found.remove(at: index)
    }

    /// How a log gets at the disk. `serve` it, too.
    func access(_ identity: SessionIdentity, found: SurveyedSession?) -> SpoolAccess {
        SpoolAccess(
            session: identity.session, identity: identity.blob, rate: SampleRate(hertz: identity.rate),
            policy: policy, found: found
        ) { [weak self] in self?.ask($0) }
    }

    /// The answers for this session go to `log`, with the time as its audio was stamped.
    func serve(_ session: String, _ log: PacketLog, now: @escaping () -> BootTime) {
        logs[session] = (log, now)
    }

    /// The session is over and done with.
    func forget(_ session: String) { logs[session] = nil }

    private func ask(_ job: SpoolJob) {
        let spool = spool
        disk.run {
            spool.perform(job)
        } then: { [weak self] answers in
            guard let self else { return }
            for answer in answers {
                guard let (log, now) = self.logs[answer.session] else { continue }
                log.answered(answer, now: now())
            }
        }
    }
}

/// The spool as the disk's thread uses it; nobody else does at the same time.
private final class SharedSpool: Sendable {
    private let spool: Mutex<Spool>

    init(directory: String, bounds: SpoolBounds) {
        spool = Mutex(Spool(disk: FileDisk(directory: directory), bounds: bounds))
    }

    func survey(_ progressed: @escaping @Sendable () -> Void) -> SpoolSurvey {
        spool.withLock { $0.survey(progressed) }
    }

    func perform(_ job: SpoolJob) -> [SpoolAnswer] { spool.withLock { $0.perform(job) } }
}
