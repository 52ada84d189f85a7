import Audio
import Timeline

/// What is found in the bytes of one segment, whatever happened to them. Pure.
struct SegmentContents {
    enum Header: Equatable {
        case intact(SegmentHeader)
        /// Not to be read; the records behind it may be.
        case damaged
        /// A later version wrote it, and says that this one does not understand it.
        case newer(version: UInt16)
    }

    private(set) var header = Header.damaged
    /// In the order they lie in.
    private(set) var records: [SegmentRecord] = []
    /// The newest checkpoint.
    private(set) var checkpoint: [UInt8]?
    /// Where bytes lie that are no record; the last one may be a torn tail.
    private(set) var damage: [Range<Int>] = []
    /// Where the last whole frame ends.
    private(set) var end = 0

    /// `first`: the position in the file's name.
    init(_ bytes: [UInt8], first: StreamPosition) {
        var offset = 0
        while offset < bytes.count {
            guard let frame = SegmentFrame(in: bytes, at: offset, first: first) else {
                let next = Self.nextFrame(in: bytes, after: offset, first: first)
                damage.append(offset..<next)
                offset = next
                continue
            }
            take(frame, bytes, first)
            if case .newer = header { return }
            offset = frame.range.upperBound
            end = offset
        }
    }

    private mutating func take(_ frame: SegmentFrame, _ bytes: [UInt8], _ first: StreamPosition) {
        switch SegmentFormat.Kind(rawValue: frame.kind) {
        case .header:
            guard let found = frame.header(in: bytes), found.first == first else {
                damage.append(frame.range)
                return
            }
            header =
                found.minimumReader > SegmentFormat.version
                ? .newer(version: found.version) : .intact(found)
        case .checkpoint: checkpoint = Array(bytes[frame.body])
        case .packet, .gap:
            if let record = frame.record(in: bytes, first: first) {
                records.append(record)
            } else {
                damage.append(frame.range)
            }
        case nil:
            if !frame.isSkippable { damage.append(frame.range) }
        }
    }

    private static func nextFrame(in bytes: [UInt8], after offset: Int, first: StreamPosition) -> Int {
        var next = offset + 1
        while next < bytes.count {
            if bytes[next] == SegmentFormat.marker[0],
                SegmentFrame(in: bytes, at: next, first: first) != nil
            {
                return next
            }
            next += 1
        }
        return bytes.count
    }
}
