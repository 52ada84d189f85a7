import Audio
import Timeline

/// The account of every frame of a session: nothing captured is unaccounted for.
///
///     captured = confirmed + pending + dropped (by cause)
///
/// Positions that were never captured (the device was gone, the room was muted) are *absent*, by cause, and
/// no part of `captured`. All numbers are exact frames at the uplink rate.
package struct Ledger: Sendable, Equatable {
    /// A stretch without audio, beyond the confirmed position.
    private struct Hole: Equatable {
        var start: StreamPosition
        var end: StreamPosition
    }

    /// Frames that were captured for the uplink.
    package internal(set) var captured = FrameCount.zero
    /// Frames handed to a connection at least once.
    package internal(set) var sent = FrameCount.zero
    /// Captured frames the service has answered for with a final result.
    package internal(set) var confirmed = FrameCount.zero
    /// Captured frames that were given up, by cause.
    package internal(set) var dropped: [GapCause: FrameCount] = [:]
    /// Positions that have no captured frame, by cause.
    package internal(set) var absent: [GapCause: FrameCount] = [:]

    /// Where the account begins.
    package internal(set) var origin: StreamPosition
    /// The end of what was entered.
    package private(set) var head: StreamPosition
    /// Everything before is confirmed, dropped or absent.
    package private(set) var confirmedPosition: StreamPosition
    var sentPosition: StreamPosition
    /// Ascending, disjoint, not adjoining; all beyond the confirmed position and before the head.
    private var holes: [Hole] = []
    /// The sum of their lengths.
    private var holeFrames = FrameCount.zero

    /// An empty account from `start` on.
    package init(from start: StreamPosition = .start) {
        origin = start
        head = start
        confirmedPosition = start
        sentPosition = start
    }

    /// Captured frames that wait to be confirmed. Counted from positions, not from the other sums.
    package var pending: FrameCount {
        head > confirmedPosition ? head - confirmedPosition - holeFrames : .zero
    }

    /// Whether the sums agree; false is a bug of this module.
    package var isBalanced: Bool {
        captured == dropped.values.reduce(confirmed + pending, +)
    }

    /// Audio from `start` to `end` was captured. What lies before the head is known already and ignored.
    package mutating func capture(from start: StreamPosition, to end: StreamPosition) {
        let start = max(start, head)
        guard start < end else { return }
        if start > head { addHole(from: head, to: start) }
        captured += end - start
        head = end
        if start < confirmedPosition { confirmed += min(end, confirmedPosition) - start }
    }

    /// There is no audio from `gap.start` to `gap.end`, or none any more.
    ///
    /// Beyond the head the stretch is absent, unless its cause says that it was captured first. Before the
    /// head, what is pending is given up; what is confirmed stays confirmed.
    package mutating func lose(_ gap: Gap) {
        if gap.end > head {
            let start = max(gap.start, head)
            let frames = gap.end - start
            if gap.start > head { addHole(from: head, to: gap.start) }
            if gap.cause.losesCapturedAudio {
                captured += frames
                dropped[gap.cause, default: .zero] += frames
            } else {
                absent[gap.cause, default: .zero] += frames
            }
            let known = head
            head = gap.end
            addHole(from: start, to: gap.end)
            giveUp(from: gap.start, to: min(known, gap.end), cause: gap.cause)
        } else {
            giveUp(from: gap.start, to: gap.end, cause: gap.cause)
        }
    }

    /// Audio from `start` to `end` was handed to a connection; what was handed over before does not count
    /// again.
    package mutating func send(from start: StreamPosition, to end: StreamPosition) {
        let start = max(start, sentPosition)
        guard start < end else { return }
        sent += end - start
        sentPosition = end
    }

    /// The service has answered for everything before `position`.
    package mutating func confirm(to position: StreamPosition) {
        guard position > confirmedPosition else { return }
        let before = pending
        confirmedPosition = position
        let passed = holes.firstIndex { $0.end > position } ?? holes.count
        for hole in holes[..<passed] { holeFrames -= hole.end - hole.start }
        holes.removeFirst(passed)
        if let first = holes.first, first.start < position {
            holeFrames -= position - first.start
            holes[0].start = position
        }
        confirmed += before - pending
    }

    /// The timeline goes on at `position`; what lies before it is in the sums already.
    mutating func skip(to position: StreamPosition) {
        guard position > head else { return }
        addHole(from: head, to: position)
        head = position
    }

    /// Moves what is pending between the two positions to `dropped`.
    private mutating func giveUp(from start: StreamPosition, to end: StreamPosition, cause: GapCause) {
        let before = pending
        addHole(from: start, to: end)
        let lost = before - pending
        if lost > .zero { dropped[cause, default: .zero] += lost }
    }

    /// Merges a stretch, as far as it lies beyond the confirmed position, into the holes.
    private mutating func addHole(from start: StreamPosition, to end: StreamPosition) {
        var hole = Hole(start: max(start, confirmedPosition), end: end)
        guard hole.start < hole.end else { return }
        let from = holes.lastIndex { $0.end < hole.start }.map { $0 + 1 } ?? 0
        var to = from
        while to < holes.count, holes[to].start <= hole.end {
            hole.start = min(hole.start, holes[to].start)
            hole.end = max(hole.end, holes[to].end)
            holeFrames -= holes[to].end - holes[to].start
            to += 1
        }
        holes.replaceSubrange(from..<to, with: [hole])
        holeFrames += hole.end - hole.start
    }
}

extension GapCause {
    /// Whether audio lost for this cause had been captured before.
    var losesCapturedAudio: Bool {
        switch self {
        case .overflow, .expired, .quota, .purged, .damaged: true
        case .xrun, .suspend, .unplugged, .deviceError, .muted, .paused, .restart: false
        }
    }
}
