import Audio
import System
import Timeline

/// How much the spool may hold.
package struct SpoolBounds: Sendable, Equatable {
    /// Of all sessions together, in bytes; the oldest segments go first.
    package let maxBytes: Int
    /// Segments whose last record is older are deleted; nil keeps them.
    package let maxAge: Duration?

    package init(maxBytes: Int, maxAge: Duration? = nil) {
        precondition(maxBytes >= 2 * SpoolIndex.segmentBytes, "less than two segments is no spool")
        self.maxBytes = maxBytes
        self.maxAge = maxAge
    }
}

/// Does what the logs ask of the disk: writes, reads and deletes segments.
///
/// Runs on: one thread that may wait for the disk. `survey` comes before the first job.
package final class Spool {
    struct Session {
        var index = SpoolIndex()
        var identity: [UInt8] = []
        var rate: SampleRate?
        var checkpoint: [UInt8]?
        /// Behind the last record written, even if the bounds have taken it since; nil on an empty disk.
        var end: StreamPosition?
        /// Files that a failed write left and that could not be removed yet.
        var leftovers: Set<String> = []
    }

    let disk: any SpoolDisk
    let bounds: SpoolBounds
    var sessions: [String: Session] = [:]

    package init(disk: any SpoolDisk, bounds: SpoolBounds) {
        self.disk = disk
        self.bounds = bounds
    }

    /// Does one job. Its answer is the last one; before it come those about what the bounds took.
    package func perform(_ job: SpoolJob) -> [SpoolAnswer] {
        var answers: [SpoolAnswer] = []
        let outcome: SpoolAnswer.Outcome
        do throws(SystemError) {
            outcome = try perform(job.task, job.session, &answers)
        } catch {
            outcome = .failed(error)
        }
        return answers + [SpoolAnswer(session: job.session, job: job.number, outcome: outcome)]
    }

    /// Bytes of all sessions.
    var bytes: Int { sessions.values.reduce(0) { $0 + $1.index.bytes } }

    private func perform(
        _ task: SpoolJob.Task, _ name: String, _ answers: inout [SpoolAnswer]
    ) throws(SystemError) -> SpoolAnswer.Outcome {
        switch task {
        case .begin(let identity, let rate):
            sessions[name, default: Session()].identity = identity
            sessions[name, default: Session()].rate = rate
        case .append(let batch, let after, let synchronise, let now):
            guard session(name).end == after else { throw SystemError("append", name, code: 0) }
            try enforceAge(name, now, &answers)
            try makeRoom(for: batch.bytes, in: name, &answers)
            try append(batch, to: name, synchronise)
            return .stored
        case .fetch(let position, let bytes, let skipping):
            return .fetched(try fetch(name, from: position, bytes, skipping))
        case .trim(let position, let closing, let now):
            try enforceAge(name, now, &answers)
            for segment in session(name).index.segments(before: position, closing: closing) {
                try delete(segment, of: name)
            }
            if closing { try clean(name) }
            if closing, session(name).index.segments.isEmpty { sessions[name]?.end = nil }
        case .purge(let position): return .purged(from: try purge(name, from: position))
        case .checkpoint(let blob): try keep(blob, of: name)
        case .synchronise: try synchronise(name)
        case .remove: try remove(name)
        }
        return .done
    }

    func session(_ name: String) -> Session { sessions[name] ?? Session() }

    // MARK: bounds

    private func enforceAge(
        _ name: String, _ now: BootTime, _ answers: inout [SpoolAnswer]
    ) throws(SystemError) {
        guard let maxAge = bounds.maxAge else { return }
        for segment in session(name).index.segments(olderThan: now + (.zero - maxAge)) {
            try drop(segment, of: name, &answers)
        }
    }

    private func makeRoom(
        for batchBytes: Int, in name: String, _ answers: inout [SpoolAnswer]
    ) throws(SystemError) {
        // What is older than this session goes first.
        let order = sessions.keys.filter { $0 != name }.sorted() + [name]
        for victim in order {
            while bytes + batchBytes > bounds.maxBytes, let oldest = session(victim).index.segments.first {
                try drop(oldest, of: victim, &answers)
            }
        }
    }

    private func drop(
        _ segment: SpoolIndex.Segment, of name: String, _ answers: inout [SpoolAnswer]
    ) throws(SystemError) {
        try delete(segment, of: name)
        let end = session(name).index.start ?? segment.end
        answers.append(SpoolAnswer(session: name, job: 0, outcome: .dropped(before: end)))
    }

    func delete(_ segment: SpoolIndex.Segment, of name: String) throws(SystemError) {
        try disk.remove("\(name)/\(segment.name)")
        sessions[name]?.index.removed(segment)
    }

    private func remove(_ name: String) throws(SystemError) {
        for segment in session(name).index.segments { try delete(segment, of: name) }
        try clean(name)
        // Segments of a later version keep the directory.
        let rest = try disk.names(in: name)
        if rest.isEmpty { try disk.removeDirectory(name) }
        sessions[name] = nil
    }
}
