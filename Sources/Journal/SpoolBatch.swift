import Audio
import Timeline

/// Records that adjoin, with their payloads, on their way to the disk or from it.
package struct SpoolBatch: Sendable {
    package private(set) var entries: [StreamEntry] = []
    private var ends: [Int] = []
    private var payloads: [UInt8] = []

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }
    package var start: StreamPosition? { entries.first?.position }
    package var end: StreamPosition? { entries.last?.end }
    /// What the records take in a segment.
    package var bytes: Int { payloads.count + entries.count * SegmentFormat.bytes(payload: 1) }

    mutating func append(_ entry: StreamEntry, payload: borrowing RawSpan) {
        unsafe payload.withUnsafeBytes { unsafe payloads.append(contentsOf: $0) }
        entries.append(entry)
        ends.append(payloads.count)
    }

    mutating func append(_ entry: StreamEntry, payload: ArraySlice<UInt8> = []) {
        payloads += payload
        entries.append(entry)
        ends.append(payloads.count)
    }

    /// The payload of the record at `index`.
    func payload(_ index: Int) -> ArraySlice<UInt8> { payloads[range(index)] }

    /// The index of the record that holds `position`.
    func index(of position: StreamPosition) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].end <= position { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].position <= position ? low : nil
    }

    /// Lets `body` read the payload of the record at `index`.
    func withPayload(_ index: Int, _ body: (borrowing RawSpan) -> Void) {
        let span = unsafe payloads.span.bytes
        body(span.extracting(range(index)))
    }

    /// Lets `body` read no bytes at all.
    static func withNothing(_ body: (borrowing RawSpan) -> Void) {
        unsafe body(InlineArray<0, UInt8>(repeating: 0).span.bytes)
    }

    /// Forgets the records that begin at `position` or after.
    mutating func remove(from position: StreamPosition) {
        let kept = entries.firstIndex { $0.position >= position } ?? entries.count
        entries.removeLast(entries.count - kept)
        ends.removeLast(ends.count - kept)
        payloads.removeLast(payloads.count - (ends.last ?? 0))
    }

    private func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
}
