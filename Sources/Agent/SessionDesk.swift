import Audio
import Configuration
import ControlProtocol
import Crossing
import Glibc
import Journal
import Logging
import System
import Timeline
import Transcript

/// Decides which session this run of the program belongs to, and opens its journal in memory.
///
/// A session goes on as long as the machine is not booted anew and the audio keeps its shape; what another
/// session left in memory is put aside, to be delivered first.
struct SessionDesk {
    let configuration: AgentConfiguration
    let now: ClockSample
    let bootID: String
    /// Names in the transcript directory.
    let transcripts: [String]
    let logger: Logger

    /// The session of this run, and its journal in memory.
    struct Opening: ~Copyable {
        let identity: SessionIdentity
        let ring: RecordRing
        /// What is known of an earlier run of the same session; nil: it begins now.
        let checkpoint: SessionCheckpoint?
        let isResumed: Bool
        /// The newest record of it that is still there.
        let lastEntry: StreamEntry?
        /// Why what waits in memory would not survive the end of the program.
        let trouble: RingFileError?

        /// The journal alone, once the rest is known.
        consuming func journal() -> RecordRing { ring }
    }

    /// Throws where another program uses the journal.
    func open() throws(AgentError) -> Opening {
        let begun = identityOfNew
        do throws(RingFileError) {
            let found = try RecordRing.resume(path: path)
            let identity: SessionIdentity? = try? JSONLine.decode(from: found.identity)
            if found.report.droppedBytes > 0 {
                logger.error(
                    "the journal in memory is damaged; its newest records are lost",
                    metadata: ["bytes": "\(found.report.droppedBytes)", "path": "\(path)"])
            }
            if let identity, identity.goesOn(as: begun) {
                let checkpoint = Self.checkpoint(found.checkpoint)
                return Opening(
                    identity: identity, ring: found.ring, checkpoint: checkpoint, isResumed: true,
                    lastEntry: found.lastEntry, trouble: nil)
            }
            // Of another session: found again under its own name.
            putAside(identity.map { "\(path).\($0.session)" } ?? path + ".unreadable")
        } catch {
            switch error {
            case .missing: break
            case .inUse: throw AgentError("\(error.sentence)", exitStatus: EX_UNAVAILABLE)
            case .foreign, .otherVersion, .torn:
                logger.error(
                    "the journal in memory cannot be read and is put aside",
                    metadata: ["why": "\(error.sentence)"])
                putAside(path + ".unreadable")
            case .refused: break
            }
        }
        return try begin(begun)
    }

    /// What sessions that have ended left, in memory and on the disk, oldest first, each with its way to the
    /// service.
    func backlog(_ spool: SpoolDesk, by means: Delivery.Means) -> [Delivery] {
        var deliveries: [Delivery] = []
        for path in ringsPutAside() {
            if let delivery = unlessImpossible({ () throws(AgentError) in try leftInMemory(path, spool, means)
                })
            {
                deliveries.append(delivery)
            }
        }
        for found in spool.found {
            if let delivery = unlessImpossible({ () throws(AgentError) in try leftOnDisk(found, spool, means)
                })
            {
                deliveries.append(delivery)
            }
        }
        return deliveries.sorted { $0.books.session < $1.books.session }
    }

    /// An earlier session that cannot be opened is no reason not to hear this one.
    private func unlessImpossible(_ open: () throws(AgentError) -> Delivery?) -> Delivery? {
        do throws(AgentError) {
            return try open()
        } catch {
            logger.error(
                "what an earlier session left waits for a later start", metadata: ["why": "\(error)"])
            return nil
        }
    }

    private func ringsPutAside() -> [String] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let directory = parts.dropLast().joined(separator: "/")
        let prefix = "\(parts.last ?? "")."
        let names = ((try? Files.names(in: directory)) ?? []).filter { name in
            name.hasPrefix(prefix) && !name.hasSuffix(".new") && !name.hasSuffix(".unreadable")
        }
        return names.map { "\(directory)/\($0)" }
    }

    private func leftInMemory(
        _ path: String, _ spool: SpoolDesk, _ means: Delivery.Means
    ) throws(AgentError) -> Delivery? {
        let identity: SessionIdentity
        let checkpoint: SessionCheckpoint?
        let log: PacketLog
        do throws(RingFileError) {
            let found = try RecordRing.resume(path: path)
            guard let known: SessionIdentity = try? JSONLine.decode(from: found.identity) else { return nil }
            identity = known
            checkpoint = Self.checkpoint(found.checkpoint)
            log = self.log(
                identity, checkpoint, found.ring.consumer, spool, found: spool.take(identity.session))
        } catch {
            logger.error(
                "what an earlier session left cannot be read", metadata: ["why": "\(error.sentence)"])
            return nil
        }
        let delivery = try delivery(identity, checkpoint, log, spool, means)
        let discard = delivery.discard
        delivery.discard = {
            discard?()
            try? Files.remove(path)
        }
        return delivery
    }

    private func leftOnDisk(
        _ found: SurveyedSession, _ spool: SpoolDesk, _ means: Delivery.Means
    ) throws(AgentError) -> Delivery? {
        guard found.newer.isEmpty, let blob = found.identity,
            let identity: SessionIdentity = try? JSONLine.decode(from: blob)
        else {
            logger.error(
                "a session's journal cannot be read and is left alone",
                metadata: ["session": "\(found.name)", "newer": "\(found.newer.joined(separator: " "))"])
            return nil
        }
        let checkpoint = Self.checkpoint(found.checkpoint)
        let log: PacketLog
        do throws(CrossingError) {
            log = try PacketLog(
                found: found, access: spool.access(identity, found: found),
                bounds: configuration.journalBounds, start: Self.confirmed(checkpoint, found),
                preroll: preroll(identity), told: Self.told(checkpoint))
        } catch {
            throw AgentError("no memory for the journal: \(error)")
        }
        return try delivery(identity, checkpoint, log, spool, means)
    }

    /// The journal of a session that has records in memory.
    func log(
        _ identity: SessionIdentity, _ checkpoint: SessionCheckpoint?, _ records: consuming RecordConsumer,
        _ spool: SpoolDesk, found: SurveyedSession?
    ) -> PacketLog {
        let log = PacketLog(
            records: records, bounds: configuration.journalBounds,
            start: Self.confirmed(checkpoint, found), preroll: preroll(identity),
            told: Self.told(checkpoint), spool: spool.access(identity, found: found))
        return log
    }

    private func delivery(
        _ identity: SessionIdentity, _ checkpoint: SessionCheckpoint?, _ log: PacketLog, _ spool: SpoolDesk,
        _ means: Delivery.Means
    ) throws(AgentError) -> Delivery {
        let recovered = RecoveredSession(
            identity, checkpoint, log, now: (checkpoint?.sample ?? identity.started).boot)
        let delivery = try Delivery(
            identity, recovered: recovered, log: log, preroll: preroll(identity), by: means.with(identity))
        spool.serve(identity.session, log) { [weak delivery] in delivery?.now ?? BootTime(nanoseconds: 0) }
        delivery.discard = { [weak spool] in
            log.removeSession()
            spool?.forget(identity.session)
        }
        return delivery
    }

    private static func confirmed(_ checkpoint: SessionCheckpoint?, _ found: SurveyedSession?)
        -> StreamPosition
    {
        checkpoint?.cuts.min().map(StreamPosition.init(frames:)) ?? found?.start ?? .start
    }

    private static func told(_ checkpoint: SessionCheckpoint?) -> [Gap] {
        (checkpoint?.given ?? []).compactMap(\.gap)
    }

    /// How much confirmed audio a new connection hears again.
    func preroll(_ identity: SessionIdentity) -> FrameCount {
        identity.encoding == AudioEncoding.opus.rawValue
            ? FrameCount(Int64(identity.rate) * Self.prerollMilliseconds / 1_000) : .zero
    }

    /// A decoder of Opus is in tune after 80 ms (RFC 7845, section 4.2). A whole second also gives the
    /// recogniser what was said before, and leaves a service that cuts audio into even pieces its rhythm.
    private static let prerollMilliseconds: Int64 = 1_000

    private var path: String { configuration.journal.ramFile.text }

    private var identityOfNew: SessionIdentity {
        SessionIdentity(
            session: SessionName(at: now, among: transcripts).text, bootID: bootID,
            startedBoot: now.boot.nanoseconds, startedWall: now.wall.nanoseconds,
            rate: configuration.listen.rate.hertz, channels: configuration.listen.channels,
            encoding: configuration.listen.encoding.rawValue,
            predecessor: SessionName.predecessor(among: transcripts))
    }

    private func begin(_ identity: SessionIdentity) throws(AgentError) -> Opening {
        let capacity = configuration.journal.ramBytes
        do throws(RingFileError) {
            let parent = path.split(separator: "/").dropLast().joined(separator: "/")
            try? Files.makeDirectory("/" + parent)
            let ring = try RecordRing.create(path: path, capacityBytes: capacity, identity: identity.blob)
            return Opening(
                identity: identity, ring: ring, checkpoint: nil, isResumed: false,
                lastEntry: nil, trouble: nil)
        } catch {
            if case .inUse = error { throw AgentError("\(error.sentence)", exitStatus: EX_UNAVAILABLE) }
            logger.error(
                "the journal in memory will not survive the end of this program",
                metadata: ["why": "\(error.sentence)", "key": "journal.ram_file"])
            do throws(CrossingError) {
                return Opening(
                    identity: identity, ring: try RecordRing(capacityBytes: capacity), checkpoint: nil,
                    isResumed: false, lastEntry: nil, trouble: error)
            } catch {
                throw AgentError("no memory for the journal (\(error)): lower journal.ram_bytes")
            }
        }
    }

    private func putAside(_ name: String) {
        do throws(SystemError) {
            try Files.rename(path, to: name)
        } catch {
            logger.error("the journal in memory cannot be put aside", metadata: ["why": "\(error)"])
        }
    }

    private static func checkpoint(_ blob: [UInt8]?) -> SessionCheckpoint? {
        guard let blob else { return nil }
        return try? JSONLine.decode(from: blob)
    }
}

extension AgentConfiguration {
    /// What the journal may hold.
    var journalBounds: JournalBounds {
        JournalBounds(freshAge: delivery == .fresh ? journal.freshAge : nil)
    }
}
