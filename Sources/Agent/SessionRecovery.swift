import Audio
import ControlProtocol
import Journal
import System
import Timeline
import Transcript

/// Where a session's audio ended, and when.
struct SessionEnd {
    let position: StreamPosition
    let boot: BootTime

    /// Before any audio.
    init(_ identity: SessionIdentity) {
        position = .start
        boot = identity.started.boot
    }

    /// Behind the last record, and behind what the books knew of; nil if nothing is known of either.
    init?(_ identity: SessionIdentity, _ checkpoint: SessionCheckpoint?, last: StreamEntry?) {
        let head = checkpoint.map { StreamPosition(frames: $0.ledger.head) }
        if let last, last.end >= head ?? .start {
            let length = last.frames.nanoseconds(at: SampleRate(hertz: identity.rate))
            position = last.end
            boot = BootTime(nanoseconds: last.capturedAt.nanoseconds + length)
        } else if let head, let checkpoint {
            position = head
            boot = BootTime(nanoseconds: checkpoint.headBoot)
        } else {
            return nil
        }
    }
}

/// What is known of a session that an earlier run of the program began: from its journal, its checkpoint and
/// its transcript.
struct RecoveredSession {
    let identity: SessionIdentity
    let checkpoint: SessionCheckpoint?
    /// The records that are kept, in order; packets that follow one another may be one entry.
    let kept: [StreamEntry]

    /// What had been given up.
    let given: [Gap]

    /// `log` is the session's journal, over what is left of it. What it finds to be damaged is among the
    /// records, as gaps.
    init(_ identity: SessionIdentity, _ checkpoint: SessionCheckpoint?, _ log: PacketLog, now: BootTime) {
        self.identity = identity
        self.checkpoint = checkpoint
        let lost = log.enforceBounds(now: now)
        given = (checkpoint?.given ?? []).compactMap(\.gap) + lost
        var kept = log.onDisk
        while case .entry(let entry) = log.lookup(kept.last?.end ?? log.oldest) { kept.append(entry) }
        self.kept = kept
    }

    /// Where the session goes on: behind everything there ever was of it.
    var end: SessionEnd {
        SessionEnd(identity, checkpoint, last: kept.last) ?? SessionEnd(identity)
    }

    /// A builder that goes on with the transcript. `written`: what is in the file; some of it a crash may
    /// have kept from being checkpointed.
    func builder(line: SessionLine, channels: Int, written: WrittenLines) -> TranscriptBuilder {
        let rate = SampleRate(hertz: identity.rate)
        let oldest = kept.first?.position ?? end.position
        var clock = SessionClock(
            rate: rate, position: kept.first?.position ?? end.position,
            capturedAt: kept.first?.capturedAt ?? end.boot,
            sample: checkpoint?.sample ?? identity.started)
        for entry in kept.dropFirst() { clock.captured(entry.position, at: entry.capturedAt) }
        clock.captured(end.position, at: end.boot)
        let ledger =
            checkpoint.map { Ledger(resuming: $0.ledger, kept: kept) } ?? Self.ledger(of: kept, from: oldest)
        let known = checkpoint?.cuts ?? []
        let cuts = (0..<channels).map { channel in
            known.indices.contains(channel) ? StreamPosition(frames: known[channel]) : oldest
        }
        return TranscriptBuilder(
            session: line, rate: rate, clock: clock, ledger: ledger, cuts: cuts, written: written)
    }

    /// Without a checkpoint the account begins with the oldest record.
    private static func ledger(of kept: [StreamEntry], from start: StreamPosition) -> Ledger {
        var ledger = Ledger(from: start)
        for entry in kept {
            switch entry.kind {
            case .packet: ledger.capture(from: entry.position, to: entry.end)
            case .gap: ledger.lose(Gap(start: entry.position, end: entry.end, cause: entry.cause))
            }
        }
        return ledger
    }
}

extension WrittenLines {
    /// Enough for an hour of talk, and more.
    private static let bytesMax = 256 * 1_024

    /// Of the last lines of the transcript at `path`; nothing where there is none. A torn line says nothing.
    init(path: String, rate: SampleRate) {
        self.init()
        guard let bytes = try? Files.readEnd(path, limit: Self.bytesMax) else { return }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if let line: TranscriptLine = try? JSONLine.decode(from: line) { take(line, rate: rate) }
        }
    }
}
