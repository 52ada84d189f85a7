import Audio
import System
import Timeline

/// Where a log's spool is, and who takes its jobs.
package struct SpoolAccess {
    /// The session's name: the directory its segments are in.
    package let session: String
    package let identity: [UInt8]
    package let rate: SampleRate
    package let policy: SpoolPolicy
    /// What the survey found of this session.
    package let found: SurveyedSession?
    /// Hands a job to the spool's thread. Its answers come back by `PacketLog.answered`.
    package let ask: (SpoolJob) -> Void

    package init(
        session: String, identity: [UInt8], rate: SampleRate, policy: SpoolPolicy,
        found: SurveyedSession? = nil, ask: @escaping (SpoolJob) -> Void
    ) {
        precondition(!session.isEmpty && !session.contains("/"), "a session's name is a directory's")
        precondition(identity.count <= SegmentFormat.blobMax, "an identity has its bound")
        self.session = session
        self.identity = identity
        self.rate = rate
        self.policy = policy
        self.found = found
        self.ask = ask
    }
}

/// What the log knows of the disk: what lies there, what it asked for, and what went wrong. Waits for nobody.
///
/// Belongs to the log's event loop.
final class SpoolLedger {
    private enum Pending {
        case append(entries: [StreamEntry], since: BootTime)
        case fetch(from: StreamPosition)
        case trim(before: StreamPosition)
        case purge
        case spilled
        case other
    }

    static let appendsMax = 2
    static let fetchesMax = 2
    static let fetchBytes = 64 << 10
    /// Each reader has one, and one is on its way.
    static let windowsMax = 3
    static let retryInterval = Duration.seconds(30)
    static let readRetryInterval = Duration.seconds(5)
    /// After so many failures what cannot be read is given up.
    static let readTriesMax = 3
    static let trimInterval = Duration.seconds(5)

    let access: SpoolAccess
    /// What lies on the disk and is not confirmed.
    var runs: RunList
    private var writeTrouble: SpoolTrouble?
    private var readTrouble: SpoolTrouble?
    var trouble: SpoolTrouble? { writeTrouble ?? readTrouble }
    private(set) var lastWrite: BootTime?
    /// Something may lie on the disk that is not in `runs` any more.
    private(set) var needsClosing = false
    /// What must be purged before anything else is written.
    private var purgeFrom: StreamPosition?
    private var pending: [UInt64: Pending] = [:]
    private var number: UInt64 = 0
    private var retryAt: BootTime?
    private var windows: [SpoolBatch] = []
    private var wanted: [StreamPosition] = []
    private var readTries = 0
    private var readRetryAt: BootTime?
    private var trimmed: StreamPosition
    private var lastTrim: BootTime?

    init(_ access: SpoolAccess, keep: StreamPosition) {
        self.access = access
        runs = access.found?.runs ?? RunList(rate: access.rate)
        needsClosing = access.found != nil
        trimmed = .start
        runs.remove(before: keep)
        ask(.begin(identity: access.identity, rate: access.rate), .other)
    }

    // MARK: writing

    private var appends: [(entries: [StreamEntry], since: BootTime)] {
        pending.sorted { $0.key < $1.key }.compactMap {
            if case .append(let entries, let since) = $0.value { (entries, since) } else { nil }
        }
    }

    /// Behind what lies on the disk or is on its way there.
    var writtenEnd: StreamPosition? { appends.last { !$0.entries.isEmpty }?.entries.last?.end ?? runs.end }
    var isWriting: Bool { !appends.isEmpty }

    func mayAppend(now: BootTime) -> Bool {
        let waiting = appends.count
        // What is left of confirmed audio goes before something new begins.
        let isClosing = needsClosing && runs.isEmpty && waiting == 0
        guard purgeFrom == nil, !isClosing, waiting < Self.appendsMax else { return false }
        guard writeTrouble != nil else { return true }
        return waiting == 0 && (retryAt.map { $0 <= now } ?? true)
    }

    func append(_ batch: SpoolBatch, synchronise: Bool, now: BootTime) {
        lastWrite = now
        needsClosing = true
        let task = SpoolJob.Task.append(batch, after: writtenEnd, synchronise: synchronise, now: now)
        ask(task, .append(entries: batch.entries, since: now))
    }

    func synchroniseForSpill() { ask(.synchronise, .spilled) }
    func checkpoint(_ blob: [UInt8]) { ask(.checkpoint(blob), .other) }

    func remove() {
        runs = RunList(rate: access.rate)
        windows = []
        needsClosing = false
        ask(.remove, .other)
    }

    /// Notices a disk that does not answer.
    func watch(now: BootTime) {
        guard writeTrouble == nil, let oldest = appends.first,
            now - oldest.since > PacketLog.stallTime
        else { return }
        writeTrouble = SpoolTrouble(stalledAt: access.session, since: now)
        retryAt = nil
    }

    // MARK: forgetting

    /// What lies before `keep` is not needed any more.
    func release(before keep: StreamPosition) {
        runs.remove(before: keep)
        windows.removeAll { ($0.end ?? keep) <= keep }
        wanted.removeAll { $0 < keep }
    }

    /// Tells the disk what is not needed any more; at once if that is everything.
    func trim(before keep: StreamPosition, now: BootTime) {
        guard needsClosing, retryAt.map({ $0 <= now }) ?? true,
            !pending.values.contains(where: { if case .trim = $0 { true } else { false } })
        else { return }
        let isAll = runs.isEmpty && !isWriting && purgeFrom == nil
        let waited = lastTrim.map { now - $0 } ?? .seconds(3_600)
        guard isAll || keep > trimmed && waited >= Self.trimInterval || waited >= .seconds(60) else { return }
        lastTrim = now
        if isAll { needsClosing = false }
        ask(.trim(before: keep, closing: isAll, now: now), .trim(before: keep))
    }

    /// Nothing at `position` or after shall be readable any more.
    func purge(from position: StreamPosition) {
        runs.remove(from: position)
        for index in windows.indices { windows[index].remove(from: position) }
        windows.removeAll(where: \.isEmpty)
        wanted.removeAll { $0 >= position }
        for (number, work) in pending {
            guard case .append(let entries, let since) = work else { continue }
            pending[number] = .append(entries: entries.filter { $0.position < position }, since: since)
        }
        guard needsClosing else { return }
        purgeFrom = min(purgeFrom ?? position, position)
        ask(.purge(from: position), .purge)
    }

    /// Tries again what failed.
    func retryPurge(now: BootTime) {
        let isAsked = pending.values.contains { if case .purge = $0 { true } else { false } }
        guard let purgeFrom, !isAsked, retryAt.map({ $0 <= now }) ?? true else { return }
        ask(.purge(from: purgeFrom), .purge)
    }

    // MARK: reading

    /// The record that holds `position`, if it was fetched; asks for it, and for what follows, otherwise.
    func fetched(_ position: StreamPosition) -> (window: SpoolBatch, index: Int)? {
        for window in windows {
            guard let index = window.index(of: position) else { continue }
            if index * 2 >= window.entries.count, let end = window.end, let last = runs.end, end < last,
                !windows.contains(where: { $0.index(of: end) != nil })
            {
                want(end)
            }
            return (window, index)
        }
        want(position)
        return nil
    }

    private func want(_ position: StreamPosition) {
        let isAsked = pending.values.contains {
            if case .fetch(let from) = $0 { from == position } else { false }
        }
        guard !isAsked, !wanted.contains(position) else { return }
        wanted.append(position)
        if readRetryAt == nil { askForWanted() }
    }

    /// Asks for what readers wait for, if it may be tried again by now.
    func read(now: BootTime) {
        if let readRetryAt, readRetryAt > now { return }
        readRetryAt = nil
        if wanted.isEmpty {
            // Nobody waits for what could not be read.
            readTrouble = nil
            readTries = 0
        }
        askForWanted()
    }

    private func askForWanted() {
        var room = Self.fetchesMax - pending.values.count { if case .fetch = $0 { true } else { false } }
        while room > 0, !wanted.isEmpty {
            let position = wanted.removeFirst()
            let isLastTry = readTries >= Self.readTriesMax
            let task = SpoolJob.Task.fetch(
                from: position, bytes: Self.fetchBytes, skippingUnreadable: isLastTry)
            ask(task, .fetch(from: position))
            room -= 1
        }
    }

    // MARK: answers

    /// What an answer means for the log.
    enum News {
        case nothing
        case stored
        /// Records can be read; these stretches turned out to be lost.
        case loaded(lost: [StreamEntry])
        case dropped(before: StreamPosition)
        case purged(from: StreamPosition)
        case spilled(Bool)
        case appendFailed
    }

    func answered(_ answer: SpoolAnswer, now: BootTime) -> News {
        if case .dropped(let position) = answer.outcome { return .dropped(before: position) }
        guard let work = pending.removeValue(forKey: answer.job) else { return .nothing }
        switch (work, answer.outcome) {
        case (.append(let entries, _), .stored):
            for entry in entries { runs.append(entry) }
            settle()
            return .stored
        case (.fetch(let from), .fetched(let batch)): return fetched(batch, from: from)
        case (.purge, .purged(let position)):
            purgeFrom = nil
            settle()
            return .purged(from: position)
        case (.trim(let position), .done):
            trimmed = max(trimmed, position)
            settle()
        case (.other, .done): settle()
        case (.spilled, .done): return .spilled(true)
        case (let work, .failed(let error)): return failed(work, error, now)
        default: break
        }
        return .nothing
    }

    private func fetched(_ batch: SpoolBatch, from position: StreamPosition) -> News {
        readTries = 0
        readTrouble = nil
        var lost = batch.entries.filter { $0.kind == .gap && $0.cause == .damaged }
        if batch.isEmpty, let run = runs.entry(at: position) {
            lost = [.damaged(from: position, to: run.end, capturedAt: run.capturedAt)]
        } else if !batch.isEmpty {
            windows.append(batch)
            if windows.count > Self.windowsMax { windows.removeFirst() }
        }
        return .loaded(lost: lost)
    }

    private func failed(_ work: Pending, _ error: SystemError, _ now: BootTime) -> News {
        if case .fetch(let from) = work {
            readTries += 1
            readTrouble = readTrouble ?? SpoolTrouble(error, since: now)
            readRetryAt = now + Self.readRetryInterval
            wanted.append(from)
            return .nothing
        }
        // A stall that ended badly is no stall any more; otherwise what was first is the cause.
        if writeTrouble == nil || writeTrouble?.kind == .stalled {
            writeTrouble = SpoolTrouble(error, since: now)
        }
        retryAt = now + Self.retryInterval
        switch work {
        case .append: return .appendFailed
        case .trim: needsClosing = true
        case .spilled: return .spilled(false)
        case .purge, .fetch, .other: break
        }
        return .nothing
    }

    /// The disk takes what it is given again.
    private func settle() {
        // While a purge is owed, whatever else works, there is trouble.
        guard purgeFrom == nil else { return }
        writeTrouble = nil
        retryAt = nil
    }

    private func ask(_ task: SpoolJob.Task, _ work: Pending) {
        number += 1
        pending[number] = work
        access.ask(SpoolJob(session: access.session, number: number, task: task))
    }
}
