import Audio
import Crossing
import Timeline

/// The retransmission queue as its reader sees it: everything not yet confirmed by the server, in order.
///
/// Uplink appends on its own thread (the ring's other end); everything here belongs to one event loop.
/// Records stay until they are confirmed or the bounds are exceeded; then the oldest go first, and each
/// stretch that went unconfirmed is reported as a gap.
///
/// A position is a cursor: records adjoin, so the next one begins where one ends. A position before `oldest`
/// stands for `oldest`; so a reader whose records were dropped goes on with the first one there is.
package final class PacketLog {
    private var records: RingRecords
    private let bounds: JournalBounds
    /// How far before `confirmed` records are kept: what a decoder needs to hear first to be right after.
    private let preroll: FrameCount
    /// Everything before it is confirmed or dropped.
    package private(set) var confirmed: StreamPosition

    /// A log whose first record will lie at `start`, or lies where the ring's first record does.
    ///
    /// `start` is also what is confirmed already: records that begin before it are kept as pre-roll.
    package init(
        records: consuming RecordConsumer, bounds: JournalBounds, start: StreamPosition,
        preroll: FrameCount = .zero
    ) {
        precondition(preroll >= .zero, "a pre-roll lies before")
        self.records = RingRecords(ring: records, start: start)
        self.bounds = bounds
        self.preroll = preroll
        confirmed = max(start, self.records.floor)
        release()
    }

    /// The start of the oldest record that is kept, or where the next one will be. May lie before `confirmed`,
    /// by the pre-roll and a record.
    package var oldest: StreamPosition { records.oldest }

    /// What is at `position`: the record that holds it.
    package func lookup(_ position: StreamPosition) -> StreamLookup {
        records.entry(at: position).map { .entry($0) } ?? .none
    }

    /// Lets `body` read the payload of the record that holds `position`; empty where there is none.
    package func withPayload(at position: StreamPosition, _ body: (borrowing RawSpan) -> Void) {
        records.withPayload(at: position, body)
    }

    /// The server has confirmed everything before `position`: whole records go that end before it by the
    /// pre-roll.
    package func confirm(_ position: StreamPosition) {
        guard position > confirmed else { return }
        confirmed = position
        release()
    }

    /// Drops the oldest records while the log is fuller than its bounds.
    /// Returns the audio that was dropped without having been confirmed. A gap record that goes is no news.
    package func enforceBounds(now: BootTime) -> [Gap] {
        var gaps: [Gap] = []
        while let entry = records.entry(at: records.oldest) {
            let (used, capacity) = records.fill()
            guard bounds.drops(entry, usedBytes: used, capacity: capacity, now: now) else { break }
            let start = max(entry.position, confirmed)
            confirmed = max(confirmed, entry.end)
            records.release(endingBy: entry.end)
            guard entry.kind == .packet, start < entry.end else { continue }
            if let last = gaps.last, last.end == start {
                gaps[gaps.count - 1] = Gap(start: last.start, end: entry.end, cause: .expired)
            } else {
                gaps.append(Gap(start: start, end: entry.end, cause: .expired))
            }
        }
        return gaps
    }

    /// Keeps `blob` beside the records, instead of the one from before: how far the reader's books have come.
    package func checkpoint(_ blob: [UInt8]) { records.checkpoint(blob) }

    /// Bytes taken, headers included, and what there is room for.
    package func fill() -> (bytes: Int, capacity: Int) { records.fill() }

    private func release() { records.release(endingBy: confirmed - preroll) }
}
