import Audio
import Glibc
import Journal
import System
import Timeline
import Transcript

/// Keeps the session's books: every record of the journal is entered, every result is written, and only then
/// is audio confirmed and given up.
///
/// Belongs to the event loop. Order: final handled → line written → confirmed → journal trimmed.
final class Bookkeeper {
    private let log: PacketLog
    private var builder: TranscriptBuilder
    private let file: TranscriptFile
    /// The first record not entered yet.
    private var cursor: PacketLog.Cursor
    private(set) var clockSteps = 0
    /// Told every line, in order, once it was given to the file.
    var publish: (TranscriptLine) -> Void = { _ in }

    /// Throws where no transcript can be made.
    init(log: PacketLog, builder: TranscriptBuilder, directory: String) throws(AgentError) {
        self.log = log
        self.builder = builder
        do throws(SystemError) {
            file = try TranscriptFile(directory: directory, session: builder.session.session)
        } catch {
            throw AgentError(
                "\(error): no transcript can be written; name a directory in transcript.directory "
                    + "that the user who runs earpostd may write to", exitStatus: EX_CANTCREAT)
        }
        cursor = log.oldest
        give([builder.opened()])
    }

    var ledger: Ledger { builder.ledger }
    var clock: SessionClock { builder.clock }
    var rate: SampleRate { builder.rate }
    var session: String { builder.session.session }
    var path: String { file.path }
    var trouble: SystemError? { file.trouble }
    var lostLines: Int { file.lostLines }

    /// Enters what uplink appended since the last call. Before anybody else reads or trims the journal.
    func enterRecords() {
        while let entry = log.entry(at: cursor) {
            give(builder.entered(entry))
            cursor = log.next(after: cursor)
        }
    }

    /// Drops what the journal's bounds do not allow; call after `enterRecords`.
    func enforceBounds(now: BootTime) {
        for gap in log.enforceBounds(now: now) { give(builder.dropped(gap)) }
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
        confirmWritten()
    }

    /// The last lines of the session.
    func close(at boot: BootTime) {
        enterRecords()
        give(builder.closed(at: boot))
        file.synchronise()
    }

    /// The journal's state, for the status.
    func journalFill() -> (bytes: Int, capacity: Int) { log.fill() }

    private func give(_ lines: [TranscriptLine]) {
        guard !lines.isEmpty || !file.isWritten else { return }
        file.write(lines)
        for line in lines { publish(line) }
    }

    private func confirmWritten() {
        if file.isWritten { log.confirm(builder.confirmed) }
    }
}
