import Audio
import Crossing
import Timeline

/// The retransmission queue as its readers see it: everything not yet confirmed by the server, in order.
///
/// Uplink appends on its own thread (the ring's other end); everything here belongs to one event loop and
/// waits for nothing. The oldest records may lie on the disk, the newest lie in memory; what is on the disk
/// is written and read by a `Spool` on another thread, which is asked by `SpoolAccess.ask` and whose answers
/// come to `answered`. Records stay until they are confirmed or the bounds are exceeded; then the oldest go
/// first, and each stretch that went unconfirmed is reported as a gap.
///
/// A position is a cursor: records adjoin, so the next one begins where one ends. A position before `oldest`
/// stands for `oldest`; so a reader whose records were dropped goes on with the first one there is.
package final class PacketLog {
    /// How long the disk may take for a batch before it counts as stalled.
    package static let stallTime = Duration.seconds(10)
    /// Between two checkpoints on the disk.
    private static let checkpointTime = Duration.seconds(10)

    var records: RingRecords
    let bounds: JournalBounds
    let spool: SpoolLedger?
    /// How far before `confirmed` records are kept: what a decoder needs to hear first to be right after.
    private let preroll: FrameCount
    /// Everything before it is confirmed or dropped.
    package internal(set) var confirmed: StreamPosition
    /// Stretches that take the place of records: purged, expired or damaged. In order; between what lies on
    /// the disk and what lies in memory, or over either.
    var holes: [StreamEntry] = []
    /// Told by the next `enforceBounds`.
    var news: [Gap] = []
    private var downSince: BootTime?
    private var lastCheckpoint: BootTime?
    private var spilled: ((Bool) -> Void)?
    private var isSpillSynchronising = false
    /// Called when records a reader found `.loading` can be looked up again.
    package var loaded: () -> Void = {}

    /// A log whose first record will lie at `start`, or lies where the ring's first record does, or where the
    /// disk's does.
    ///
    /// `start` is also what is confirmed already: records that begin before it are kept as pre-roll. `told`
    /// are the gaps an earlier run of the session reported; they hold, whatever is found there. What lies
    /// behind `start` and is neither there nor told is reported as damaged by the first `enforceBounds`.
    /// Without `spool`, or with `bounds.freshAge`, nothing is written to a disk.
    package init(
        records: consuming RecordConsumer, bounds: JournalBounds, start: StreamPosition,
        preroll: FrameCount = .zero, told: [Gap] = [], spool access: SpoolAccess? = nil
    ) {
        precondition(preroll >= .zero, "a pre-roll lies before")
        let found = access?.found?.runs
        self.records = RingRecords(ring: records, start: max(start, found?.end ?? start))
        self.bounds = bounds
        self.preroll = preroll
        spool = access.map { SpoolLedger($0, keep: start - preroll) }
        confirmed = start
        join(found, told)
        release()
    }

    /// The log of a session that has ended, over what lies on the disk only: nothing is appended to it.
    package convenience init(
        found: SurveyedSession, access: SpoolAccess, bounds: JournalBounds, start: StreamPosition,
        preroll: FrameCount = .zero, told: [Gap] = []
    ) throws(CrossingError) {
        let nothing = try RecordRing(capacityBytes: 64)
        self.init(
            records: nothing.consumer, bounds: bounds, start: max(start, found.start ?? start),
            preroll: preroll, told: told, spool: access)
    }

    // MARK: reading

    /// The start of the oldest record that is kept, or where the next one will be. May lie before
    /// `confirmed`,
    /// by the pre-roll and a record. On the disk it may lie inside the record.
    package var oldest: StreamPosition {
        min(spool?.runs.start ?? .max, holes.first?.position ?? .max, records.oldest)
    }

    /// What is at `position`: the record that holds it.
    package func lookup(_ position: StreamPosition) -> StreamLookup {
        let position = max(position, oldest)
        if let gap = gap(at: position) { return .entry(gap) }
        if records.oldest <= position { return records.entry(at: position).map { .entry($0) } ?? .none }
        guard let spool, spool.runs.entry(at: position) != nil else { return .none }
        return spool.fetched(position).map { .entry($0.window.entries[$0.index]) } ?? .loading
    }

    /// Lets `body` read the payload of the record that holds `position`; empty where there is none, or where
    /// it has to be fetched first.
    package func withPayload(at position: StreamPosition, _ body: (borrowing RawSpan) -> Void) {
        let position = max(position, oldest)
        if gap(at: position) == nil {
            if records.oldest <= position { return records.withPayload(at: position, body) }
            if spool?.runs.entry(at: position) != nil, let (window, index) = spool?.fetched(position) {
                return window.withPayload(index, body)
            }
        }
        SpoolBatch.withNothing(body)
    }

    /// A gap that takes the place of whatever memory or disk hold there.
    private func gap(at position: StreamPosition) -> StreamEntry? {
        if let hole = hole(at: position) { return hole }
        guard let run = spool?.runs.entry(at: position), run.kind == .gap else { return nil }
        return run
    }

    // MARK: letting go

    /// The server has confirmed everything before `position`: whole records go that end before it by the
    /// pre-roll.
    package func confirm(_ position: StreamPosition) {
        guard position > confirmed else { return }
        confirmed = position
        release()
    }

    /// Gives the disk its work, and drops the oldest records while the log is fuller than its bounds. To be
    /// called when records were appended, and each second.
    ///
    /// Returns the audio that was lost without having been confirmed: dropped now, or found to be damaged.
    /// A gap record that goes is no news.
    package func enforceBounds(now: BootTime) -> [Gap] {
        giveDiskWork(now: now)
        dropFromMemory(now: now)
        release()
        defer { news = [] }
        return news
    }

    /// Bytes taken in memory, headers included, and what there is room for.
    package func fill() -> (bytes: Int, capacity: Int) { records.fill() }

    /// What lies on the disk, not confirmed, in order: packets as runs, gaps one by one.
    package var onDisk: [StreamEntry] { spool?.runs.entries ?? [] }

    /// Why the disk does not take, or give, what it should; nil if all is well.
    package var trouble: SpoolTrouble? { spool?.trouble }

    // MARK: the link

    /// There is no link since then. An outage that lasts goes to the disk.
    package func linkIsDown(since instant: BootTime) { downSince = instant }

    package func linkIsUp() { downSince = nil }

    // MARK: the disk

    /// An answer of the spool to a job of this log's session.
    package func answered(_ answer: SpoolAnswer, now: BootTime) {
        guard let spool else { return }
        switch spool.answered(answer, now: now) {
        case .nothing: break
        case .stored:
            settleHoles()
            release()
        case .loaded(let lost):
            for stretch in lost { lose(stretch) }
            loaded()
        case .dropped(let position):
            if let start = spool.runs.start, start < position {
                news.append(
                    audioOf: spool.runs.part(from: start, to: position), from: confirmed, cause: .expired)
                confirmed = max(confirmed, position)
            }
            release()
        case .purged(let position): purgedOnDisk(from: position)
        case .appendFailed: endSpill(false)
        case .spilled(let isDone): endSpill(isDone)
        }
        giveDiskWork(now: now)
    }

    /// Keeps an opaque value with the session, 4 KiB at most: in the ring's file at once, and now and then on
    /// the disk, if any audio is there.
    package func checkpoint(_ blob: [UInt8], now: BootTime) {
        guard blob.count <= SegmentFormat.blobMax else { return }
        records.checkpoint(blob)
        guard let spool, !spool.runs.isEmpty else { return }
        let waited = lastCheckpoint.map { now - $0 } ?? Self.checkpointTime
        guard waited >= Self.checkpointTime || spilled != nil else { return }
        lastCheckpoint = now
        spool.checkpoint(blob)
    }

    /// Deletes the session from the disk: all of it is confirmed.
    package func removeSession() { spool?.remove() }

    /// Writes everything that is not confirmed to the disk, synced; then calls `done`, with false if that
    /// could not be done. `enforceBounds` has to be called meanwhile.
    package func spillAll(now: BootTime, done: @escaping (Bool) -> Void) {
        guard spool != nil, bounds.freshAge == nil else { return done(spool != nil) }
        spilled = done
        isSpillSynchronising = false
        giveDiskWork(now: now)
    }

    private func endSpill(_ isDone: Bool) {
        guard let done = spilled.take() else { return }
        done(isDone)
    }

    private func giveDiskWork(now: BootTime) {
        guard let spool else { return }
        spool.watch(now: now)
        spool.retryPurge(now: now)
        spool.trim(before: confirmed - preroll, now: now)
        spool.read(now: now)
        guard bounds.freshAge == nil else { return }
        while spool.mayAppend(now: now) {
            // What the disk holds and what follows adjoin, or the disk has to be done with first.
            let next = spool.writtenEnd ?? oldest
            guard next >= front else { break }
            let situation = SpoolPolicy.Situation(
                unwritten: (unwrittenBytes(from: next), records.fill().capacity), downSince: downSince,
                lastWrite: spool.lastWrite, isSpilling: spilled != nil)
            guard case .write(let synchronise) = spool.access.policy.decide(situation, now: now) else {
                break
            }
            let batch = batch(from: next)
            guard !batch.isEmpty else { break }
            spool.append(batch, synchronise: synchronise, now: now)
        }
        finishSpill()
    }

    /// Where what is not on the disk begins.
    private var front: StreamPosition { min(holes.first?.position ?? .max, records.oldest) }

    private func finishSpill() {
        guard let spool, spilled != nil, !isSpillSynchronising, !spool.isWriting else { return }
        if spool.trouble != nil { return endSpill(false) }
        let next = max(spool.writtenEnd ?? oldest, oldest)
        guard unwrittenBytes(from: next) == 0 else { return }
        isSpillSynchronising = true
        spool.synchroniseForSpill()
    }

    /// Lets go of what is confirmed, less the pre-roll, and of what holes cover.
    func release() {
        for hole in holes where hole.position <= confirmed { confirmed = max(confirmed, hole.end) }
        let keep = confirmed - preroll
        records.release(endingBy: keep)
        holes.removeAll { $0.end <= keep }
        spool?.release(before: keep)
    }
}

extension StreamPosition {
    fileprivate static let max = StreamPosition(frames: .max)
}
