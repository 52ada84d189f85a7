import Audio
import Configuration
import ControlProtocol
import Crossing
import Glibc
import Journal
import Logging
import System
import Timeline

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
        /// Why what waits in memory would not survive the end of the program.
        let trouble: RingFileError?
    }

    /// What a session that has ended left in memory.
    struct Leftover {
        let identity: SessionIdentity
        let checkpoint: SessionCheckpoint?
        let log: PacketLog
        let path: String

        /// Its way to the service; the file goes when it is delivered.
        func delivery(by means: Delivery.Means, preroll: FrameCount) throws(AgentError) -> Delivery {
            let recovered = RecoveredSession(identity: identity, checkpoint: checkpoint, kept: log.entries)
            let delivery = try Delivery(
                identity, recovered: recovered, log: log, preroll: preroll, by: means.with(identity))
            let path = path
            delivery.discard = { try? Files.remove(path) }
            return delivery
        }
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
                    identity: identity, ring: found.ring, checkpoint: checkpoint, isResumed: true, trouble: nil)
            }
            // Of another session: found again under its own name.
            putAside(identity.map { "\(path).\($0.session)" } ?? path + ".unreadable")
        } catch {
            switch error {
            case .missing: break
            case .inUse: throw AgentError("\(error.sentence)", exitStatus: EX_UNAVAILABLE)
            case .foreign, .otherVersion, .torn:
                logger.error(
                    "the journal in memory cannot be read and is put aside", metadata: ["why": "\(error.sentence)"])
                putAside(path + ".unreadable")
            case .refused: break
            }
        }
        return try begin(begun)
    }

    /// What other sessions left in memory, oldest first.
    func leftovers() -> [Leftover] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let directory = parts.dropLast().joined(separator: "/")
        let prefix = "\(parts.last ?? "")."
        let names = ((try? Files.names(in: directory)) ?? []).filter { name in
            name.hasPrefix(prefix) && !name.hasSuffix(".new") && !name.hasSuffix(".unreadable")
        }
        return names.compactMap { leftover(at: "\(directory)/\($0)") }
    }

    private func leftover(at path: String) -> Leftover? {
        do throws(RingFileError) {
            let found = try RecordRing.resume(path: path)
            guard let identity: SessionIdentity = try? JSONLine.decode(from: found.identity) else { return nil }
            let checkpoint = Self.checkpoint(found.checkpoint)
            let confirmed = checkpoint?.cuts.min() ?? 0
            let log = PacketLog(
                records: found.ring.consumer, bounds: configuration.journalBounds,
                start: StreamPosition(frames: confirmed), preroll: preroll(identity))
            return Leftover(identity: identity, checkpoint: checkpoint, log: log, path: path)
        } catch {
            logger.error("what an earlier session left cannot be read", metadata: ["why": "\(error.sentence)"])
            return nil
        }
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
            return Opening(identity: identity, ring: ring, checkpoint: nil, isResumed: false, trouble: nil)
        } catch {
            if case .inUse = error { throw AgentError("\(error.sentence)", exitStatus: EX_UNAVAILABLE) }
            logger.error(
                "the journal in memory will not survive the end of this program",
                metadata: ["why": "\(error.sentence)", "key": "journal.ram_file"])
            do throws(CrossingError) {
                return Opening(
                    identity: identity, ring: try RecordRing(capacityBytes: capacity), checkpoint: nil,
                    isResumed: false, trouble: error)
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
        JournalBounds(maximumAge: delivery == .fresh ? journal.freshAge : journal.maximumAge)
    }
}
