import Audio
import Crossing
import Timeline

/// How records lie in a segment file; docs/JOURNAL.md has the tables. Little-endian throughout.
///
/// Every record, the header included, is a frame: marker, checksum, length, kind, flags, body. The checksum
/// covers the segment's first position and the frame's place in the file as well, so that a frame that lies
/// where it was not written (a stale block, audio that looks like a frame) is no frame.
package enum SegmentFormat {
    /// What this program writes.
    package static let version: UInt16 = 1
    /// The oldest program that understands what this one writes.
    package static let minimumReader: UInt16 = 1
    /// What agents may put into a header or a checkpoint, in bytes.
    package static let blobMax = 4_096

    /// 0x89 and "EAR": no text, no samples of silence.
    static let marker: [UInt8] = [0x89, 0x45, 0x41, 0x52]
    static let magic = Array("earpost journal\n".utf8)
    static let frameBytes = 16
    /// Longer than any packet: 20 ms of 8 channels at 192 kHz are 61 KiB.
    static let bodyMax = 256 << 10
    static let entryBytes = 24
    static let headerBytes = 32

    enum Kind: UInt8 {
        case header = 1
        case packet = 2
        case gap = 3
        case checkpoint = 4
    }

    /// Readers that do not know a record's kind may pass over it.
    static let skippable: UInt8 = 1

    /// What a record takes in a segment.
    static func bytes(payload: Int) -> Int { frameBytes + entryBytes + payload }
}

/// What a segment says of itself.
struct SegmentHeader: Equatable {
    var version = SegmentFormat.version
    var minimumReader = SegmentFormat.minimumReader
    let rate: SampleRate
    let first: StreamPosition
    let identity: [UInt8]
}

/// Writes frames for one place in one segment.
struct SegmentWriter {
    let first: StreamPosition
    /// Where in the file `bytes` will lie.
    let offset: Int
    private(set) var bytes: [UInt8] = []

    init(first: StreamPosition, offset: Int) {
        self.first = first
        self.offset = offset
    }

    mutating func append(_ header: SegmentHeader) {
        var body = SegmentFormat.magic
        body.append(littleEndian: header.version)
        body.append(littleEndian: header.minimumReader)
        body.append(littleEndian: UInt32(header.rate.hertz))
        body.append(littleEndian: header.first.frames)
        append(.header, body[...], header.identity[...])
    }

    mutating func append(_ entry: StreamEntry, payload: ArraySlice<UInt8>) {
        var body: [UInt8] = []
        body.append(littleEndian: entry.position.frames)
        body.append(littleEndian: entry.frames.value)
        body.append(littleEndian: entry.capturedAt.nanoseconds)
        switch entry.kind {
        case .packet: append(.packet, body[...], payload)
        case .gap: append(.gap, body[...], [entry.cause.rawValue])
        }
    }

    mutating func append(checkpoint: [UInt8]) { append(.checkpoint, checkpoint[...], []) }

    private mutating func append(
        _ kind: SegmentFormat.Kind, _ body: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>
    ) {
        append(kind: kind.rawValue, flags: kind == .checkpoint ? SegmentFormat.skippable : 0, body, rest)
    }

    /// Also for kinds this program does not know.
    mutating func append(
        kind: UInt8, flags: UInt8, _ body: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8> = []
    ) {
        let begin = bytes.count
        bytes += SegmentFormat.marker
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: UInt32(body.count + rest.count))
        bytes += [kind, flags, 0, 0]
        bytes += body
        bytes += rest
        let sum = SegmentFrame.checksum(bytes, begin..<bytes.count, first: first, place: offset + begin)
        bytes.replace(at: begin + 4, littleEndian: sum)
    }
}

/// One frame found in a segment's bytes.
struct SegmentFrame {
    let kind: UInt8
    let isSkippable: Bool
    /// Where it lies, from its marker to the end of its body.
    let range: Range<Int>

    var body: Range<Int> { range.lowerBound + SegmentFormat.frameBytes..<range.upperBound }

    /// The frame at `offset` of a segment that begins at `first`; nil if none, or a damaged one, is there.
    init?(in bytes: [UInt8], at offset: Int, first: StreamPosition) {
        guard offset + SegmentFormat.frameBytes <= bytes.count,
            SegmentFormat.marker.indices.allSatisfy({ bytes[offset + $0] == SegmentFormat.marker[$0] })
        else { return nil }
        let length = Int(bytes.number(at: offset + 8, as: UInt32.self))
        let end = offset + SegmentFormat.frameBytes + length
        guard length <= SegmentFormat.bodyMax, end <= bytes.count else { return nil }
        let sum = Self.checksum(bytes, offset..<end, first: first, place: offset)
        guard sum == bytes.number(at: offset + 4, as: UInt32.self) else { return nil }
        kind = bytes[offset + 12]
        isSkippable = bytes[offset + 13] & SegmentFormat.skippable != 0
        range = offset..<end
    }

    /// Of everything in the frame behind the checksum, and of where it lies.
    static func checksum(
        _ bytes: [UInt8], _ range: Range<Int>, first: StreamPosition, place: Int
    ) -> UInt32 {
        var sum = CRC32C()
        sum.add(UInt64(bitPattern: first.frames))
        sum.add(UInt64(place))
        sum.add(bytes.span.extracting(range.dropFirst(8)))
        return sum.value
    }

    func header(in bytes: [UInt8]) -> SegmentHeader? {
        guard kind == SegmentFormat.Kind.header.rawValue, body.count >= SegmentFormat.headerBytes,
            bytes[body].starts(with: SegmentFormat.magic)
        else { return nil }
        let start = body.lowerBound
        let hertz = Int(bytes.number(at: start + 20, as: UInt32.self))
        return SegmentHeader(
            version: bytes.number(at: start + 16), minimumReader: bytes.number(at: start + 18),
            rate: SampleRate(hertz: max(1, hertz)),
            first: StreamPosition(frames: bytes.number(at: start + 24)),
            identity: Array(bytes[(start + SegmentFormat.headerBytes)..<body.upperBound]))
    }

    /// The record in it and where its payload lies; nil if it holds none that makes sense.
    func record(in bytes: [UInt8], first: StreamPosition) -> SegmentRecord? {
        guard body.count >= SegmentFormat.entryBytes else { return nil }
        let start = body.lowerBound
        let position: Int64 = bytes.number(at: start)
        let frames: Int64 = bytes.number(at: start + 8)
        guard frames > 0, position >= first.frames, !position.addingReportingOverflow(frames).overflow else {
            return nil
        }
        var entry = StreamEntry(
            kind: .packet, position: StreamPosition(frames: position), frames: FrameCount(frames),
            capturedAt: BootTime(nanoseconds: bytes.number(at: start + 16)))
        let payload = (start + SegmentFormat.entryBytes)..<body.upperBound
        switch SegmentFormat.Kind(rawValue: kind) {
        case .packet: return SegmentRecord(entry: entry, payload: payload, range: range)
        case .gap:
            guard payload.count >= 1 else { return nil }
            entry.kind = .gap
            // A cause that a later version invented is still a gap.
            entry.cause = GapCause(rawValue: bytes[payload.lowerBound]) ?? .deviceError
            return SegmentRecord(entry: entry, payload: payload.upperBound..<payload.upperBound, range: range)
        case .header, .checkpoint, nil: return nil
        }
    }
}

/// A record and where it lies in its segment's bytes.
struct SegmentRecord: Equatable {
    let entry: StreamEntry
    let payload: Range<Int>
    let range: Range<Int>
}
