import ControlProtocol
import System
import Transcript

/// Writes transcript lines in order, and keeps those the disk does not take.
///
/// A line counts as written when the kernel has it: it survives the program, not a power cut. While a line
/// cannot be written it waits here, and so do all after it, in memory and bounded; nothing they answer for is
/// confirmed, so the audio stays in the journal.
final class TranscriptFile {
    static let suffix = ".jsonl"
    /// Lines that wait; beyond that the oldest are given up. Some hours of talk.
    static let waitingMax = 10_000

    let path: String
    private let file: AppendedFile
    private var waiting: [TranscriptLine] = []
    private(set) var trouble: SystemError?
    /// Lines that never reached the disk.
    private(set) var lostLines = 0

    init(directory: String, session: String) throws(SystemError) {
        try Files.makeDirectory(directory)
        path = "\(directory)/\(session)\(Self.suffix)"
        file = try AppendedFile(path: path)
    }

    /// Whether every line given so far is written.
    var isWritten: Bool { waiting.isEmpty }

    /// Appends `lines` behind those that wait, and writes what it can. Call it with none to try again.
    func write(_ lines: [TranscriptLine]) {
        waiting += lines
        var done = 0
        trouble = nil
        for line in waiting {
            guard let text = Self.text(of: line) else {
                done += 1
                lostLines += 1
                continue
            }
            do throws(SystemError) {
                try file.append(text)
                done += 1
            } catch {
                trouble = error
                break
            }
        }
        waiting.removeFirst(done)
        if waiting.count > Self.waitingMax {
            lostLines += waiting.count - Self.waitingMax
            waiting.removeFirst(waiting.count - Self.waitingMax)
        }
    }

    /// Asks the disk to keep what is written; may take long.
    func synchronise() { try? file.synchronise() }

    private static func text(of line: TranscriptLine) -> String? {
        guard let bytes = try? JSONLine.encode(line) else { return nil }
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }
}
