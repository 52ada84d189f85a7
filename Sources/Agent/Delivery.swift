import Audio
import Configuration
import Journal
import SpeechLink
import SpeechProtocol
import System
import Timeline
import Transcript

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

    /// What every session of this run is delivered with.
    struct Means {
        let configuration: AgentConfiguration
        let request: ListenRequest
        let settings: LinkSettings
        let disk: DiskThread

        /// The same for a session whose audio has another shape than that of today.
        func with(_ identity: SessionIdentity) throws(AgentError) -> Means {
            Means(
                configuration: configuration,
                request: try configuration.listenRequest(
                    encoding: AudioEncoding(rawValue: identity.encoding) ?? .linear16,
                    rate: SampleRate(hertz: identity.rate), channels: identity.channels),
                settings: settings, disk: disk)
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
        isResumed = recovered != nil
        books = try Bookkeeper(
            log: log, builder: builder, kept: recovered?.kept, directory: directory, disk: means.disk)
        // The link tells this object, which has to exist first.
        let heard = Heard()
        link = ListenLink(
            request: means.request, settings: means.settings, source: log,
            confirmed: ConfirmedEdges(channels: books.cuts), preroll: preroll
        ) { heard.tell($0) }
        heard.tell = { [weak self] in self?.heard($0) }
    }

    private final class Heard {
        var tell: (ListenEvent) -> Void = { _ in }
    }

    /// Records were appended to the journal, or fetched. The books first, then the link: what it sends has
    /// been entered.
    func recordsAppended(now: BootTime) {
        guard !isClosed else { return }
        books.enterRecords()
        books.enforceBounds(now: now)
        link.recordsAppended()
    }

    /// Writes the last lines, and calls `then` when the disk has them.
    func close(at boot: BootTime, then: @escaping () -> Void) {
        guard !isClosed else { return then() }
        isClosed = true
        books.close(at: boot, then: then)
    }

    private func heard(_ event: ListenEvent) {
        guard !isClosed else { return }
        switch event {
        case .sent(let frames, let position): books.sent(frames, from: position)
        case .result(let result, _) where result.isFinal: books.recognised(result)
        case .completed(let position): books.completed(position)
        case .state, .result, .speechStarted, .utteranceEnded, .summary, .warning, .error, .note: break
        }
        tell(event)
    }
}

extension PacketLog {
    /// All records there are, in order.
    var entries: [StreamEntry] {
        var entries: [StreamEntry] = []
        while case .entry(let entry) = lookup(entries.last?.end ?? oldest) { entries.append(entry) }
        return entries
    }
}
