import Audio
import Crossing
import Timeline

/// The retransmission queue as its reader sees it: everything not yet confirmed by the server, in order.
///
/// Uplink appends on its own thread (the ring's other end); everything here belongs to one event loop.
/// Records stay until they are confirmed or the bounds are exceeded; then the oldest go first, and each
/// stretch that went unconfirmed is reported as a gap.
///
/// A cursor before `oldest` is void, and using it traps: after `confirm` and `enforceBounds` a reader goes on
/// at the later of its cursor and `oldest`.
package final class PacketLog {
    package typealias Cursor = RecordConsumer.Cursor

    private var records: RecordConsumer
    private let bounds: JournalBounds
    /// Everything before it is confirmed or dropped.
    package private(set) var confirmed: StreamPosition

    /// A log whose first record will lie at `start`.
    package init(records: consuming RecordConsumer, bounds: JournalBounds, start: StreamPosition) {
        self.records = records
        self.bounds = bounds
        confirmed = start
    }

    /// The place of the oldest record that is still there.
    package var oldest: Cursor { records.oldest }

    /// The record at `cursor`; nil where none has been appended yet.
    package func entry(at cursor: Cursor) -> StreamEntry? { records.entry(at: cursor) }

    /// The place after the record at `cursor`; `cursor` itself where there is none.
    package func next(after cursor: Cursor) -> Cursor { records.next(after: cursor) }

    /// Lets `body` read the payload of the record at `cursor`.
    package func withPayload<Result>(at cursor: Cursor, _ body: (borrowing RawSpan) -> Result) -> Result {
        records.withPayload(at: cursor, body)
    }

    /// The place of the record that holds `position`, or of the oldest one after it.
    package func cursor(of position: StreamPosition) -> Cursor {
        var cursor = records.oldest
        while let entry = records.entry(at: cursor), entry.end <= position {
            cursor = records.next(after: cursor)
        }
        return cursor
    }

    /// The server has confirmed everything before `position`: whole records before it go.
    package func confirm(_ position: StreamPosition) {
        guard position > confirmed else { return }
        confirmed = position
        records.release(before: cursor(of: position))
    }

    /// Drops the oldest records while the log is fuller than its bounds.
    /// Returns the audio that was dropped without having been confirmed. A gap record that goes is no news.
    package func enforceBounds(now: BootTime) -> [Gap] {
        var gaps: [Gap] = []
        var cursor = records.oldest
        while let entry = records.entry(at: cursor),
            bounds.drops(
                entry, usedBytes: records.filledBytes(from: cursor), capacity: records.capacity, now: now)
        {
            cursor = records.next(after: cursor)
            let start = max(entry.position, confirmed)
            confirmed = max(confirmed, entry.end)
            guard entry.kind == .packet, start < entry.end else { continue }
            if let last = gaps.last, last.end == start {
                gaps[gaps.count - 1] = Gap(start: last.start, end: entry.end, cause: .expired)
            } else {
                gaps.append(Gap(start: start, end: entry.end, cause: .expired))
            }
        }
        records.release(before: cursor)
        return gaps
    }

    /// Bytes taken, headers included, and what there is room for.
    package func fill() -> (bytes: Int, capacity: Int) { (records.filledBytes(), records.capacity) }
}
