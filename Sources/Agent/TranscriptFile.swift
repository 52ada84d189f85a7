import ControlProtocol
import System
import Transcript

/// Writes transcript lines in order, on the disk's thread, and keeps those the disk does not take.
///
/// A line counts as written when the kernel has it: it survives the program, not a power cut. While a line
/// cannot be written it waits here, and so do all after it, in memory and bounded; nothing they answer for is
/// confirmed, so the audio stays in the journal. Belongs to the event loop.
final class TranscriptFile {
    static let suffix = ".jsonl"
    /// Lines that wait; beyond that the oldest are given up. Some hours of talk.
    static let waitingMax = 10_000
    /// Lines given to the disk's thread at a time.
    private static let batchLines = 256

    let path: String
    /// Called whenever everything given so far is written.
    var allWritten: () -> Void = {}
    private let file: LineWriter
    private let disk: DiskThread
    /// A line counts as written only when it survives a power cut.
    private let isPowerSafe: Bool
    /// The disk has kept all there is.
    private(set) var isKept = false
    /// Lines the kernel has that a power cut would still take.
    private var owesSync = false
    private var waiting: [TranscriptLine] = []
    /// The disk's thread has some of them.
    private var isWriting = false
    /// Waits for the last lines.
    private var synchronised: (() -> Void)?
    private(set) var trouble: SystemError?
    /// Lines that never reached the disk.
    private(set) var lostLines = 0

    /// Opens or makes the file; waits for the disk, as a start may.
    init(directory: String, session: String, disk: DiskThread, isPowerSafe: Bool) throws(SystemError) {
        try Files.makeDirectory(directory)
        path = Self.path(directory: directory, session: session)
        file = LineWriter(file: try AppendedFile(path: path))
        self.disk = disk
        self.isPowerSafe = isPowerSafe
    }

    static func path(directory: String, session: String) -> String { "\(directory)/\(session)\(suffix)" }

    /// Whether every line given so far is written.
    var isWritten: Bool { waiting.isEmpty && !owesSync }

    /// Appends `lines` behind those that wait. Call it with none to try again after trouble.
    func write(_ lines: [TranscriptLine]) {
        waiting += lines
        if waiting.count > Self.waitingMax, !isWriting {
            lostLines += waiting.count - Self.waitingMax
            waiting.removeFirst(waiting.count - Self.waitingMax)
        }
        writeNext()
    }

    /// When all lines are written, or cannot be, asks the disk to keep them, and calls `then` when it has
    /// tried.
    func synchronise(then: @escaping () -> Void) {
        synchronised = then
        if !isWriting { synchroniseNow() }
    }

    private func synchroniseNow() {
        guard let then = synchronised.take() else { return }
        let file = file
        disk.run {
            file.synchronise()
        } then: { [weak self] trouble in
            if let self { self.isKept = trouble == nil && self.isWritten && self.lostLines == 0 }
            then()
        }
    }

    private func writeNext() {
        guard !isWriting, !isWritten else { return }
        isWriting = true
        let (file, batch, synchronises) = (file, Array(waiting.prefix(Self.batchLines)), isPowerSafe)
        disk.run {
            file.write(batch, synchronises: synchronises)
        } then: { [weak self] in
            self?.wrote($0)
        }
    }

    private func wrote(_ outcome: LineWriter.Outcome) {
        isWriting = false
        waiting.removeFirst(outcome.done)
        lostLines += outcome.unwritable
        owesSync = outcome.owesSync
        trouble = outcome.trouble
        guard trouble == nil else { return synchroniseNow() }
        guard waiting.isEmpty else { return writeNext() }
        allWritten()
        synchroniseNow()
    }
}

/// The file as the disk's thread uses it.
private final class LineWriter: Sendable {
    struct Outcome: Sendable {
        /// Lines dealt with, from the front.
        var done = 0
        /// Those of them that make no JSON.
        var unwritable = 0
        /// They are not safe from a power cut, and should be.
        var owesSync = false
        var trouble: SystemError?
    }

    private let file: AppendedFile

    init(file: consuming AppendedFile) { self.file = file }

    /// With no lines and `synchronises`, tries again to keep those from before.
    func write(_ lines: [TranscriptLine], synchronises: Bool) -> Outcome {
        var outcome = Outcome(owesSync: synchronises)
        for line in lines {
            if let bytes = try? JSONLine.encode(line) {
                do throws(SystemError) {
                    try file.append(String(decoding: bytes.dropLast(), as: UTF8.self))
                } catch {
                    outcome.trouble = error
                    return outcome
                }
            } else {
                outcome.unwritable += 1
            }
            outcome.done += 1
        }
        if synchronises { outcome.trouble = synchronise() }
        outcome.owesSync = outcome.trouble != nil
        return outcome
    }

    func synchronise() -> SystemError? {
        do throws(SystemError) {
            try file.synchronise()
            return nil
        } catch {
            return error
        }
    }
}
