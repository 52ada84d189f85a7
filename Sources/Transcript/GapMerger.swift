import Audio
import Timeline

/// Holds a gap back as long as more of the same may adjoin it, so that what comes piece by piece is one line.
struct GapMerger {
    /// From this length on a gap is not held back any longer.
    private let limit: FrameCount
    private var held: Gap?

    init(limit: FrameCount) { self.limit = limit }

    /// Takes the next piece; returns what is ready to be written.
    mutating func add(_ piece: Gap) -> [Gap] {
        var ready: [Gap] = []
        if let held, held.end == piece.start, held.cause == piece.cause {
            self.held = Gap(start: held.start, end: piece.end, cause: piece.cause)
        } else {
            ready = release()
            held = piece
        }
        if let held, held.length >= limit { ready += release() }
        return ready
    }

    /// Nothing more will adjoin: returns what was held.
    mutating func release() -> [Gap] {
        defer { held = nil }
        return held.map { [$0] } ?? []
    }
}
