import Audio
import Crossing
import System
import Testing
import Timeline

@testable import Journal

/// The real disk, which fails when told to.
final class FaultyDisk: SpoolDisk {
    let disk: FileDisk
    /// Thrown by everything that writes.
    var writeError: Int32?
    /// Thrown by everything that reads a file.
    var readError: Int32?
    /// A write that fails leaves so many bytes.
    var leavesBytes = 0
    private(set) var synchronised = 0

    init(_ directory: String) { disk = FileDisk(directory: directory) }

    private func fail(_ error: Int32?, _ operation: String, _ path: String) throws(SystemError) {
        if let error { throw SystemError(operation, path, code: error) }
    }

    func names(in path: String) throws(SystemError) -> [String] { try disk.names(in: path) }
    func isDirectory(_ path: String) -> Bool { disk.isDirectory(path) }

    func makeDirectory(_ path: String) throws(SystemError) {
        try fail(writeError, "mkdir", path)
        try disk.makeDirectory(path)
    }

    func read(_ path: String) throws(SystemError) -> [UInt8] {
        try fail(readError, "read", path)
        return try disk.read(path)
    }

    func write(
        _ bytes: [UInt8], to path: String, at offset: Int, creating: Bool, synchronise: Bool
    ) throws(SystemError) {
        if writeError != nil, leavesBytes > 0 {
            try disk.write(
                Array(bytes.prefix(leavesBytes)), to: path, at: offset, creating: creating, synchronise: false
            )
        }
        try fail(writeError, "write", path)
        try disk.write(bytes, to: path, at: offset, creating: creating, synchronise: synchronise)
        if synchronise { synchronised += 1 }
    }

    func truncate(_ path: String, to bytes: Int) throws(SystemError) {
        try fail(writeError, "ftruncate", path)
        try disk.truncate(path, to: bytes)
    }

    func synchronise(_ path: String) throws(SystemError) {
        try fail(writeError, "fsync", path)
        try disk.synchronise(path)
    }

    func remove(_ path: String) throws(SystemError) {
        try fail(writeError, "unlink", path)
        try disk.remove(path)
    }

    func removeDirectory(_ path: String) throws(SystemError) {
        try fail(writeError, "rmdir", path)
        try disk.removeDirectory(path)
    }
}

/// An uplink, a log, a spool over a real directory, and a reader; all on one thread, the disk's jobs
/// when told.
final class SpoolRig {
    static let rate = SampleRate(hertz: 16_000)
    let directory: String
    let disk: FaultyDisk
    let policy: SpoolPolicy
    let bounds: JournalBounds
    let capacity: Int
    var spoolBounds: SpoolBounds
    private(set) var spool: Spool
    private(set) var log: PacketLog
    private var producer: RecordProducer
    private let queue = Queue()
    /// Everything that was ever captured.
    private(set) var captured: [StreamEntry] = []
    private var sizes: [StreamPosition: Int] = [:]
    private(set) var end = StreamPosition.start
    private(set) var gaps: [Gap] = []
    private(set) var delivered: Set<StreamPosition> = []
    private(set) var cursor = StreamPosition.start
    private(set) var confirmed = StreamPosition.start
    var now = BootTime(nanoseconds: 0)

    final class Queue { var jobs: [SpoolJob] = [] }

    init(
        _ policy: SpoolPolicy = SpoolPolicy(durability: .power, spoolAfter: .seconds(5)),
        bounds: JournalBounds = JournalBounds(), capacity: Int = 1 << 20,
        spoolBounds: SpoolBounds = SpoolBounds(maxBytes: 64 << 20)
    ) throws {
        directory = try Files.makeTemporaryDirectory(prefix: "journal")
        disk = FaultyDisk(directory)
        (self.policy, self.bounds, self.capacity, self.spoolBounds) = (policy, bounds, capacity, spoolBounds)
        spool = Spool(disk: disk, bounds: spoolBounds)
        let ring = try RecordRing(capacityBytes: capacity)
        producer = ring.producer
        log = PacketLog(
            records: ring.consumer, bounds: bounds, start: .start,
            spool: Self.access(policy, nil, queue))
    }

    deinit {
        for name in (try? disk.disk.names(in: "")) ?? [] {
            for file in (try? disk.disk.names(in: name)) ?? [] { try? disk.disk.remove("\(name)/\(file)") }
            try? disk.disk.removeDirectory(name)
        }
        try? Files.removeDirectory(directory)
    }

    static func access(_ policy: SpoolPolicy, _ found: SurveyedSession?, _ queue: Queue) -> SpoolAccess {
        SpoolAccess(
            session: "box-1", identity: Array("who".utf8), rate: rate, policy: policy, found: found,
            ask: { queue.jobs.append($0) })
    }

    var segments: [String] { (try? disk.disk.names(in: "box-1")) ?? [] }
    var waitingJobs: Int { queue.jobs.count }

    /// Every byte in the spool's files.
    func diskBytes() throws -> [UInt8] {
        try segments.flatMap { try disk.disk.read("box-1/\($0)") }
    }

    static func payload(_ position: StreamPosition, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: position.frames / 320 &* 37 &+ Int64($0 &* 11)) }
    }

    @discardableResult func capture(_ count: Int = 1, payloadBytes: Int = 80) -> Int {
        for done in 0..<count {
            let entry = StreamEntry(
                kind: .packet, position: end, frames: FrameCount(320), capturedAt: LogRig.time(end))
            guard unsafe producer.append(entry, payload: Self.payload(end, payloadBytes).span.bytes) else {
                return done
            }
            captured.append(entry)
            sizes[entry.position] = payloadBytes
            end = entry.end
            now = max(now, LogRig.time(end))
        }
        return count
    }

    private func captured(at position: StreamPosition) -> StreamEntry? {
        var (low, high) = (0, captured.count)
        while low < high {
            let middle = (low + high) / 2
            if captured[middle].end <= position { low = middle + 1 } else { high = middle }
        }
        return low < captured.count ? captured[low] : nil
    }

    func captureGap(_ frames: Int64) {
        let entry = StreamEntry(
            kind: .gap, cause: .muted, position: end, frames: FrameCount(frames), capturedAt: LogRig.time(end)
        )
        guard producer.append(entry) else { return }
        captured.append(entry)
        end = entry.end
        now = max(now, LogRig.time(end))
    }

    func tick() { note(log.enforceBounds(now: now)) }

    func purge(from position: StreamPosition) { note(log.purge(from: position)) }

    private func note(_ new: [Gap]) {
        for gap in new {
            let isNew = gaps.allSatisfy { $0.end <= gap.start || gap.end <= $0.start }
            #expect(isNew, "\(gap) was told before")
            gaps.append(gap)
        }
    }

    /// Lets the disk do so many jobs, and the log hear of it.
    func work(_ count: Int = .max) {
        var left = count
        while left > 0, !queue.jobs.isEmpty {
            left -= 1
            for answer in spool.perform(queue.jobs.removeFirst()) { log.answered(answer, now: now) }
        }
    }

    /// Reads on, and checks what it reads; true at the end of what there is.
    @discardableResult func read(_ count: Int = .max) -> Bool {
        for _ in 0..<count {
            cursor = max(cursor, log.oldest)
            guard case .entry(let entry) = log.lookup(cursor) else { return log.lookup(cursor) == .none }
            #expect(entry.position <= cursor && cursor < entry.end, "\(entry) at \(cursor)")
            if entry.kind == .packet {
                #expect(captured(at: entry.position) == entry, "\(entry) was never captured")
                var isRight = false
                log.withPayload(at: cursor) { span in
                    isRight = span.withUnsafeBytes {
                        $0.elementsEqual(Self.payload(entry.position, $0.count)) && !$0.isEmpty
                    }
                }
                #expect(isRight, "the payload of \(entry)")
                let told = gaps.first {
                    $0.start < entry.end && entry.position < $0.end && $0.end > confirmed
                }
                #expect(told == nil, "\(entry) was told to be lost")
                delivered.insert(entry.position)
            }
            cursor = entry.end
        }
        return false
    }

    /// Reads everything, whatever has to be fetched for it.
    func readAll() {
        for _ in 0..<2_000 {
            if read() { return }
            now = now + .seconds(1)
            tick()
            work()
        }
        Issue.record("no end is reached: \(cursor) of \(end), \(String(describing: log.trouble))")
    }

    func confirm(_ position: StreamPosition) {
        confirmed = max(confirmed, position)
        log.confirm(position)
    }

    /// The program is killed and starts again; memory survives, half-done jobs do not.
    func crash(losingMemory: Bool = false) throws -> SpoolSurvey {
        queue.jobs = []
        // What the survey cannot read counts as lost at once; here that is another matter.
        disk.readError = nil
        let kept = losingMemory ? [] : captured.filter { $0.position >= log.records.oldest }
        let ring = try RecordRing(capacityBytes: capacity)
        producer = ring.producer
        for entry in kept {
            let payload =
                entry.kind == .packet ? Self.payload(entry.position, sizes[entry.position] ?? 0) : []
            let isPlaced = unsafe producer.append(entry, payload: payload.span.bytes)
            #expect(isPlaced)
        }
        spool = Spool(disk: disk, bounds: spoolBounds)
        let survey = spool.survey()
        let found = survey.sessions.first { $0.name == "box-1" }
        if losingMemory {
            end = max(found?.end ?? confirmed, confirmed)
            captured.removeAll { $0.position >= end }
        }
        log = PacketLog(
            records: ring.consumer, bounds: bounds, start: confirmed, told: gaps,
            spool: Self.access(policy, found, queue))
        cursor = confirmed
        return survey
    }

    /// Every packet was delivered, or told to be lost.
    func checkEverythingIsAccountedFor() {
        for entry in captured where entry.kind == .packet {
            let isLost = gaps.contains { $0.start < entry.end && entry.position < $0.end }
            guard isLost || delivered.contains(entry.position) else {
                Issue.record("\(entry) was neither delivered nor told to be lost: \(gaps)")
                return
            }
        }
    }
}
