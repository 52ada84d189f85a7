import Audio
import Glibc
import Journal
import System
import Timeline
import Transcript

/// Keeps the session's books: every record of the journal is entered, every result is written, and only then
/// is audio confirmed and given up.
///
/// Belongs to the event loop. Order: final handled → line written → confirmed → journal trimmed. Before
/// confirmed audio goes from the journal, a checkpoint says that it may: so whoever goes on after a crash, at
/// any point, repeats work and neither loses nor doubles a word.
final class Bookkeeper {
    /// Of what was given up a checkpoint holds the newest.
    private static let givenMax = 40

    private let log: PacketLog
    private var builder: TranscriptBuilder
    private let file: TranscriptFile
    /// Where the first record begins that is not entered yet.
    private var cursor: StreamPosition
    /// When the audio before it ended, exactly: a session that goes on measures its gap from there.
    private var headTime: BootTime?
    /// What was confirmed when the lines given so far were built.
    private var confirmable: StreamPosition
    /// What was given up beyond what is confirmed, in order.
    private var given: [Gap]
    /// A checkpoint waits until all lines are written.
    private var owesCheckpoint = false
    private(set) var clockSteps = 0
    /// Told every line, in order, once it was given to the file.
    var publish: (TranscriptLine) -> Void = { _ in }

    /// Keeps the books of a session that begins, or goes on where `builder` stands with what was `recovered`.
    /// Throws where no transcript can be made.
    init(
        log: PacketLog, builder: TranscriptBuilder, recovered: RecoveredSession?, directory: String,
        disk: DiskThread, isPowerSafe: Bool
    ) throws(AgentError) {
        self.log = log
        self.builder = builder
        do throws(SystemError) {
            file = try TranscriptFile(
                directory: directory, session: builder.session.session, disk: disk,
                isPowerSafe: isPowerSafe)
        } catch {
            throw AgentError(
                "\(error): no transcript can be written; name a directory in transcript.directory "
                    + "that the user who runs earpostd may write to", exitStatus: EX_CANTCREAT)
        }
        cursor = builder.ledger.head
        given = recovered?.given ?? []
        headTime = recovered?.end.boot
        confirmable = builder.confirmed
        file.allWritten = { [weak self] in self?.confirmWritten() }
        give([builder.opened()])
        if let recovered { give(self.builder.resumed(kept: recovered.kept, dropped: given)) }
    }

    var ledger: Ledger { builder.ledger }
    var clock: SessionClock { builder.clock }
    var rate: SampleRate { builder.rate }
    var session: String { builder.session.session }
    var path: String { file.path }
    var trouble: SystemError? { file.trouble }
    var lostLines: Int { file.lostLines }
    /// After `close`: the disk has kept every line there is.
    var isKept: Bool { file.isKept }
    /// Up to where words are written, or on their way to the file, channel by channel.
    var cuts: [StreamPosition] { builder.cuts }

    /// Enters what uplink appended since the last call. Before anybody else reads or trims the journal.
    func enterRecords() {
        while case .entry(let entry) = log.lookup(cursor) {
            give(builder.entered(entry))
            cursor = entry.end
            headTime = entry.capturedAt + .nanoseconds(entry.frames.nanoseconds(at: rate))
        }
    }

    /// Drops what the journal's bounds do not allow; call after `enterRecords`.
    func enforceBounds(now: BootTime) { giveUp(log.enforceBounds(now: now)) }

    /// This audio is in the journal no more.
    func giveUp(_ gaps: [Gap]) {
        guard !gaps.isEmpty else { return }
        for gap in gaps { give(builder.dropped(gap)) }
        for gap in gaps {
            if let last = given.last, last.end == gap.start, last.cause == gap.cause {
                given[given.count - 1] = Gap(start: last.start, end: gap.end, cause: gap.cause)
            } else {
                given.append(gap)
            }
        }
        given = given.suffix(Self.givenMax)
        checkpoint()
    }

    /// A packet went out.
    func sent(_ frames: FrameCount, from position: StreamPosition) { builder.sent(frames, from: position) }

    /// The service said something: its news is written, and what all channels are final with is confirmed.
    func recognised(_ result: RecognisedResult) {
        give(builder.recognised(result))
        confirmWritten()
    }

    /// The connection ended in order: the service has dealt with everything before `position`, silence
    /// included.
    func completed(_ position: StreamPosition) {
        builder.completed(position)
        confirmWritten()
    }

    /// What is new in an interim result, for those who listen live.
    func interim(_ result: RecognisedResult) -> FinalLine? { builder.line(of: result) }

    /// Both clocks were read; writes a `clock` line if the wall clock was set. Also tries again what could
    /// not be written.
    func sampled(_ sample: ClockSample) {
        let lines = builder.sampled(sample)
        clockSteps += lines.count { if case .clock = $0 { true } else { false } }
        give(lines)
        checkpoint()
    }

    /// Tries again what could not be written.
    func retry() { give([]) }

    /// The last lines of the session, or of this run of it; calls `then` when the disk has them, or will not
    /// take them.
    func close(at boot: BootTime, then: @escaping () -> Void = {}) {
        enterRecords()
        give(builder.closed(at: boot))
        checkpoint()
        file.synchronise(then: then)
    }

    private func give(_ lines: [TranscriptLine]) {
        guard !lines.isEmpty || !file.isWritten else { return }
        file.write(lines)
        for line in lines { publish(line) }
    }

    private func confirmWritten() {
        guard file.isWritten else { return }
        guard builder.confirmed > confirmable else {
            if owesCheckpoint { checkpoint() }
            return
        }
        confirmable = builder.confirmed
        checkpoint()
        log.confirm(confirmable)
    }

    /// Says how far the books have come. While a line waits for the disk the one from before holds: what it
    /// does not know of is still in the journal, and will be heard again after a crash.
    private func checkpoint() {
        owesCheckpoint = !file.isWritten
        guard file.isWritten else { return }
        given.removeAll { $0.end <= builder.confirmed }
        log.checkpoint(
            SessionCheckpoint(builder, headTime: headTime, given: given).blob, now: builder.clock.sample.boot)
    }
}
