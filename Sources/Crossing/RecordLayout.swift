import Audio
import Timeline

/// How a record lies in a ring, and in its file: this header, the payload, zeros up to a multiple of eight
/// bytes.
///
///     0 checksum · 4 payloadBytes · 8 kind · 9 cause · 10 zeros · 16 position · 24 frames · 32 capturedAt
///
/// Numbers are in the machine's own byte order: a ring's file never leaves the machine. Any change here is
/// another `RingFileHeader.version`.
struct RecordHeader: BitwiseCopyable {
    /// CRC-32C of the record's place (bytes since the ring was made), of the header after this field, and of
    /// the payload. The place tells a record from an older one that lay in the same bytes.
    var checksum: UInt32 = 0
    let payloadBytes: UInt32
    private let kind: UInt8
    private let cause: UInt8
    private let zeros1: UInt16 = 0
    private let zeros2: UInt32 = 0
    private let position: Int64
    private let frames: Int64
    private let capturedAt: Int64

    static let stride = 40

    init(_ entry: StreamEntry, payloadBytes: Int) {
        self.payloadBytes = UInt32(payloadBytes)
        kind = entry.kind.rawValue
        cause = entry.cause.rawValue
        position = entry.position.frames
        frames = entry.frames.value
        capturedAt = entry.capturedAt.nanoseconds
    }

    /// What the header says; nil where it says what no ring was ever told.
    var entry: StreamEntry? {
        guard let kind = StreamEntry.Kind(rawValue: kind), let cause = GapCause(rawValue: cause) else {
            return nil
        }
        return StreamEntry(
            kind: kind, cause: cause, position: StreamPosition(frames: position), frames: FrameCount(frames),
            capturedAt: BootTime(nanoseconds: capturedAt))
    }

    /// Bytes of the whole record.
    var recordBytes: Int { Self.recordBytes(payload: Int(payloadBytes)) }

    /// What a record with a payload of so many bytes takes in the ring.
    static func recordBytes(payload: Int) -> Int { stride + (payload + 7) & ~7 }

    /// The checksum of the record that lies at `record` and is number `place` by its first byte.
    static func checksum(of record: RawSpan, payloadBytes: Int, place: UInt64) -> UInt32 {
        var sum = CRC32C()
        sum.add(place)
        sum.add(record.extracting(4..<stride + payloadBytes))
        return sum.value
    }

    /// The whole record at the front of `bytes`; nil where there is none: cut off, or damaged.
    static func read(_ bytes: RawSpan, place: UInt64) -> (entry: StreamEntry, recordBytes: Int)? {
        guard bytes.byteCount >= stride else { return nil }
        let header = unsafe bytes.unsafeLoadUnaligned(as: RecordHeader.self)
        guard Int(header.payloadBytes) <= bytes.byteCount - stride, header.recordBytes <= bytes.byteCount,
            checksum(of: bytes, payloadBytes: Int(header.payloadBytes), place: place) == header.checksum
        else { return nil }
        return header.entry.map { ($0, header.recordBytes) }
    }
}
