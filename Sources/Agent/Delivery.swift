import Audio
import Configuration
import Journal
import SpeechLink
import SpeechProtocol
import System
import Timeline
import Transcript

/// What earlier sessions left undelivered, oldest first; the live one waits for them.
final class Backlog {
    var waiting: [Delivery]

    init(_ waiting: [Delivery]) { self.waiting = waiting }
}

/// One session's way to the service: its journal, its books, and the link that carries the audio there and
/// the words back.
///
/// Belongs to the event loop.
final class Delivery {
    let log: PacketLog
    let books: Bookkeeper
    let link: ListenLink
    /// An earlier run of the program began the session.
    let isResumed: Bool
    /// Told whatever the link tells, after the books know.
    var tell: (ListenEvent) -> Void = { _ in }
    /// Takes away what the session left, once it is delivered.
    var discard: (() -> Void)?
    /// The books are closed: what is told from now on comes too late.
    private(set) var isClosed = false
    private var downSince: BootTime?
    private let clock: () -> ClockSample
    /// The last instant known of a session of an earlier boot; nil: this boot. For how long the machine was
    /// off nobody knows for certain: its clock may have been set by years meanwhile.
    private let lastKnown: BootTime?

    /// What every session of this run is delivered with.
    struct Means {
        let configuration: AgentConfiguration
        let request: ListenRequest
        let settings: LinkSettings
        let disk: DiskThread
        /// Of this boot.
        let bootID: String

        /// The same for a session whose audio has another shape than that of today.
        func with(_ identity: SessionIdentity) throws(AgentError) -> Means {
            Means(
                configuration: configuration,
                request: try configuration.listenRequest(
                    encoding: AudioEncoding(rawValue: identity.encoding) ?? .linear16,
                    rate: SampleRate(hertz: identity.rate), channels: identity.channels),
                settings: settings, disk: disk, bootID: bootID)
        }
    }

    /// A session that begins, or with `recovered` one that goes on. Throws where no transcript can be made.
    init(
        _ identity: SessionIdentity, recovered: RecoveredSession?, log: PacketLog, preroll: FrameCount,
        by means: Means
    ) throws(AgentError) {
        let directory = means.configuration.transcript.directory.text
        let rate = SampleRate(hertz: identity.rate)
        let channels = identity.channels
        let line = SessionLine(
            session: identity.session, started: identity.started.wall, rate: rate, channels: channels,
            encoding: AudioEncoding(rawValue: identity.encoding) ?? .linear16,
            model: means.configuration.listen.model, host: machineName(), program: Version.program,
            predecessor: identity.predecessor)
        let path = TranscriptFile.path(directory: directory, session: identity.session)
        let resultChannels = means.request.resultChannels
        let builder =
            recovered.map {
                $0.builder(
                    line: line, channels: resultChannels, written: WrittenLines(path: path, rate: rate))
            }
            ?? TranscriptBuilder(
                session: line, rate: rate, channels: resultChannels,
                clock: SessionClock(
                    rate: rate, capturedAt: identity.started.boot, sample: identity.started))
        self.log = log
        clock = means.settings.clock
        lastKnown =
            identity.bootID == means.bootID
            ? nil : (recovered?.checkpoint?.sample ?? identity.started).boot
        isResumed = recovered != nil
        books = try Bookkeeper(
            log: log, builder: builder, recovered: recovered, directory: directory, disk: means.disk,
            isPowerSafe: means.configuration.journal.durability == .power)
        // The link tells this object, which has to exist first.
        let heard = Heard()
        link = ListenLink(
            request: means.request, settings: means.settings, source: log,
            confirmed: ConfirmedEdges(channels: books.cuts), preroll: preroll
        ) { heard.tell($0) }
        heard.tell = { [weak self] in self?.heard($0) }
        log.loaded = { [weak self] in self?.link.recordsAppended() }
    }

    private final class Heard {
        var tell: (ListenEvent) -> Void = { _ in }
    }

    /// Records were appended to the journal, or fetched. The books first, then the link: what it sends has
    /// been entered.
    func recordsAppended() {
        guard !isClosed else { return }
        books.enterRecords()
        books.enforceBounds(now: now)
        link.recordsAppended()
    }

    /// Now, on the boot clock the session's audio was stamped with: that of an earlier boot goes on from its
    /// last instant for as long as this boot has lasted.
    var now: BootTime {
        let boot = clock().boot
        return lastKnown.map { BootTime(nanoseconds: $0.nanoseconds + boot.nanoseconds) } ?? boot
    }

    /// Another second has passed.
    func eachSecond() {
        guard !isClosed else { return }
        books.enforceBounds(now: now)
        books.retry()
        // What went may have been all there was to connect for.
        link.recordsAppended()
    }

    /// Writes the last lines, and calls `then` when the disk has them.
    func close(at boot: BootTime, then: @escaping () -> Void) {
        guard !isClosed else { return then() }
        isClosed = true
        books.close(at: boot, then: then)
    }

    /// An outage that lasts goes to the disk.
    func linkChanged(_ state: LinkState) {
        switch state {
        case .open:
            log.linkIsUp()
            downSince = nil
        case .waiting, .refused:
            let since = downSince ?? now
            downSince = since
            log.linkIsDown(since: since)
        case .idle, .connecting, .closing, .closed: break
        }
    }

    /// Gives up everything that is not sent yet, for `cause`.
    func giveUpUnsent(_ cause: GapCause) {
        guard !isClosed else { return }
        books.enterRecords()
        books.giveUp(log.purge(from: link.unsent, cause: cause))
    }

    private func heard(_ event: ListenEvent) {
        guard !isClosed else { return }
        switch event {
        case .sent(let frames, let position): books.sent(frames, from: position)
        case .result(let result, _) where result.isFinal: books.recognised(result)
        case .completed(let position): books.completed(position)
        case .state(let state): linkChanged(state)
        case .result, .speechStarted, .utteranceEnded, .summary, .warning, .error, .note: break
        }
        tell(event)
    }
}
