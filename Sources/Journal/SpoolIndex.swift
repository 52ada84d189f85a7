import Audio
import Timeline

/// Which segments a session has, and what the next step with them is. Pure: it knows no file.
struct SpoolIndex {
    struct Segment: Equatable {
        let first: StreamPosition
        /// Behind its last record.
        var end: StreamPosition
        /// Up to the end of its last record.
        var bytes: Int
        /// When its last record was captured.
        var newest: BootTime
        /// A write failed, and could not be undone yet: the file is longer than `bytes`.
        var hasTail = false

        var name: String { SpoolIndex.name(of: first) }
    }

    /// Where a batch goes.
    enum Place: Equatable {
        /// Behind the last record of the last segment.
        case extend(Segment)
        /// A new segment.
        case begin
    }

    static let segmentBytes = 1 << 20
    static let suffix = ".earlog"

    private(set) var segments: [Segment] = []
    /// Whether the last segment takes more.
    private(set) var isOpen = false

    var start: StreamPosition? { segments.first?.first }
    var end: StreamPosition? { segments.last?.end }
    var bytes: Int { segments.reduce(0) { $0 + $1.bytes } }

    /// 16 hexadecimal digits, so that names sort as positions do.
    static func name(of first: StreamPosition) -> String {
        let digits = String(first.frames, radix: 16)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits + suffix
    }

    static func first(ofName name: String) -> StreamPosition? {
        guard name.hasSuffix(suffix), name.utf8.count == 16 + suffix.utf8.count,
            let frames = Int64(name.dropLast(suffix.count), radix: 16), frames >= 0
        else { return nil }
        return StreamPosition(frames: frames)
    }

    func place(batchBytes: Int) -> Place {
        guard isOpen, let last = segments.last, last.bytes + batchBytes <= Self.segmentBytes else {
            return .begin
        }
        return .extend(last)
    }

    /// A segment found on the disk; more is never written to it.
    mutating func found(_ segment: Segment) {
        segments.append(segment)
        isOpen = false
    }

    mutating func began(_ segment: Segment) {
        segments.append(segment)
        isOpen = true
    }

    mutating func extended(to end: StreamPosition, by bytes: Int, newest: BootTime) {
        segments[segments.count - 1].end = end
        segments[segments.count - 1].bytes += bytes
        segments[segments.count - 1].newest = newest
    }

    /// The last write failed: the last segment takes no more. `hasTail`: what it left could not be cut off.
    mutating func failed(hasTail: Bool) {
        isOpen = false
        if hasTail, !segments.isEmpty { segments[segments.count - 1].hasTail = true }
    }

    mutating func cut(_ first: StreamPosition) {
        for index in segments.indices where segments[index].first == first { segments[index].hasTail = false }
    }

    /// A purge cut the last segment.
    mutating func cutLast(to end: StreamPosition, bytes: Int) {
        segments[segments.count - 1].end = end
        segments[segments.count - 1].bytes = bytes
        segments[segments.count - 1].hasTail = false
        isOpen = false
    }

    /// The segments that lie wholly before `position`. The one being written goes only when `closing`.
    func segments(before position: StreamPosition, closing: Bool) -> [Segment] {
        let kept = isOpen && !closing ? 1 : 0
        return Array(segments.dropLast(kept).prefix { $0.end <= position })
    }

    /// The segments to delete so that what was captured before `oldest` is gone.
    func segments(olderThan oldest: BootTime) -> [Segment] {
        Array(segments.prefix { $0.newest < oldest })
    }

    /// The segments with a record that ends behind `position`.
    func segments(from position: StreamPosition) -> [Segment] {
        Array(segments.drop { $0.end <= position })
    }

    mutating func removed(_ segment: Segment) {
        if segments.last == segment { isOpen = false }
        segments.removeAll { $0.first == segment.first }
    }
}
