import Audio
import Crossing
import Timeline

/// The reading end of the ring, by positions instead of cursors.
///
/// Records adjoin, so each is found by any position it covers. A few places found last are remembered: a
/// reader that walks forward finds the next record in one step, and several readers do not disturb one
/// another. Anything else walks from the best place known.
struct RingRecords: ~Copyable {
    private struct Place {
        let position: StreamPosition
        let cursor: RecordConsumer.Cursor
    }

    private static let placesMax = 4
    /// A reader this close behind a place goes on from it; from further away it gets a place of its own.
    private static let nearSteps = 8

    private var ring: RecordConsumer
    private var places: [Place] = []
    private var nextPlace = 0
    /// Where the record after the last one released begins; before that, where the first one will.
    private(set) var floor: StreamPosition

    /// `start`: where the first record will lie if there is none yet; otherwise the first one decides.
    init(ring: consuming RecordConsumer, start: StreamPosition) {
        self.ring = ring
        floor = start
        if let first = self.ring.entry(at: self.ring.oldest) { floor = first.position }
        // Whoever made it need not be who reads it.
        self.ring.handOver()
        places.reserveCapacity(Self.placesMax)
    }

    /// The start of the oldest record that is there, or where the next one will be.
    var oldest: StreamPosition {
        mutating get { ring.entry(at: ring.oldest)?.position ?? floor }
    }

    /// The record that holds `position`, the oldest one if that lies before it; nil where none has been
    /// appended yet.
    mutating func entry(at position: StreamPosition) -> StreamEntry? {
        ring.entry(at: cursor(of: position))
    }

    /// Lets `body` read the payload of the record that holds `position`; empty where there is none.
    mutating func withPayload<Result>(
        at position: StreamPosition, _ body: (borrowing RawSpan) -> Result
    ) -> Result {
        ring.withPayload(at: cursor(of: position), body)
    }

    /// Makes gaps of all records from the one that holds `position` on, and zeros of their audio.
    mutating func erase(from position: StreamPosition, cause: GapCause) {
        var cursor = cursor(of: position)
        while ring.entry(at: cursor) != nil {
            ring.erase(at: cursor, cause: cause)
            cursor = ring.next(after: cursor)
        }
    }

    /// Keeps `blob` beside the records (`RecordConsumer.checkpoint`).
    mutating func checkpoint(_ blob: [UInt8]) { ring.checkpoint(blob) }

    /// Gives all records that end at `position` or before back to the appender.
    mutating func release(endingBy position: StreamPosition) {
        let first = ring.oldest
        var cursor = first
        while let entry = ring.entry(at: cursor), entry.end <= position {
            cursor = ring.next(after: cursor)
            floor = entry.end
        }
        guard cursor > first else { return }
        ring.release(before: cursor)
        places.removeAll { $0.cursor < cursor }
    }

    /// Bytes taken, headers included, and what there is room for.
    mutating func fill() -> (bytes: Int, capacity: Int) { (ring.filledBytes(), ring.capacity) }

    /// Bytes taken by the record that holds `position` and all after it.
    mutating func bytes(from position: StreamPosition) -> Int {
        ring.filledBytes(from: cursor(of: position))
    }

    /// The place of the record that holds `position`, or of the next one to be appended.
    private mutating func cursor(of position: StreamPosition) -> RecordConsumer.Cursor {
        let known = places.indices.filter { places[$0].position <= position }
            .max { places[$0].position < places[$1].position }
        var cursor = known.map { places[$0].cursor } ?? ring.oldest
        var steps = 0
        while let entry = ring.entry(at: cursor), entry.end <= position {
            cursor = ring.next(after: cursor)
            steps += 1
        }
        if let entry = ring.entry(at: cursor) {
            remember(Place(position: entry.position, cursor: cursor), from: known, steps: steps)
        }
        return cursor
    }

    private mutating func remember(_ place: Place, from known: Int?, steps: Int) {
        if let known, steps <= Self.nearSteps {
            places[known] = place
        } else if places.count < Self.placesMax {
            places.append(place)
        } else {
            nextPlace = (nextPlace + 1) % Self.placesMax
            places[nextPlace] = place
        }
    }
}
