import Audio
import Crossing
import Journal
import Timeline

/// A log and its appender, on one thread.
final class LogRig {
    let log: PacketLog
    private var producer: RecordProducer
    /// Where the next record begins.
    private(set) var end: StreamPosition

    init(
        _ bounds: JournalBounds = JournalBounds(), capacityBytes: Int = 1 << 16, start: Int64 = 0,
        preroll: Int64 = 0
    ) throws {
        let ring = try RecordRing(capacityBytes: capacityBytes)
        producer = ring.producer
        end = StreamPosition(frames: start)
        log = PacketLog(records: ring.consumer, bounds: bounds, start: end, preroll: FrameCount(preroll))
    }

    /// A packet of 20 ms, captured when its position says so; its first bytes are its position.
    func appendPacket(_ frames: Int64 = 320, payloadBytes: Int = 80) -> Bool {
        var payload = [UInt8](repeating: 0, count: payloadBytes)
        for index in 0..<min(8, payloadBytes) {
            payload[index] = UInt8(truncatingIfNeeded: end.frames >> (8 * Int64(index)))
        }
        let entry = StreamEntry(
            kind: .packet, position: end, frames: FrameCount(frames), capturedAt: Self.time(end))
        guard unsafe producer.append(entry, payload: payload.span.bytes) else { return false }
        end += entry.frames
        return true
    }

    func appendGap(_ frames: Int64, _ cause: GapCause = .xrun) -> Bool {
        let entry = StreamEntry(
            kind: .gap, cause: cause, position: end, frames: FrameCount(frames), capturedAt: Self.time(end))
        guard producer.append(entry) else { return false }
        end += entry.frames
        return true
    }

    static func time(_ position: StreamPosition) -> BootTime {
        BootTime(nanoseconds: position.frames * 62_500)
    }

    /// Everything that is there, from the oldest on.
    var entries: [StreamEntry] {
        var entries: [StreamEntry] = []
        var position = log.oldest
        while case .entry(let entry) = log.lookup(position) {
            entries.append(entry)
            position = entry.end
        }
        return entries
    }
}

/// SplitMix64: the same events for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0xD134_2543_DE82_EF95 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
