import Audio
import Timeline

/// Says when each position of a session was captured, in boot time and in wall time.
///
/// Position → boot time goes by anchors, pairs measured on the way: from the last anchor at or before a
/// position on at the nominal rate, and never beyond the next anchor, so that the map is monotone both
/// ways. Boot time → wall time goes by the newest clock sample.
///
/// Pure: samples come in as values.
package struct SessionClock: Sendable {
    private struct Anchor {
        let position: StreamPosition
        let boot: BootTime
    }

    /// The uplink rate.
    package let rate: SampleRate
    /// Ascending in both; never empty.
    private var anchors: [Anchor]
    /// The first anchor was made before there was any audio: the first frame's own time takes its place.
    private var isProvisional = true
    /// The newest sample of both clocks.
    package private(set) var sample: ClockSample

    /// A clock for a session whose position `position` was captured at `boot`.
    package init(
        rate: SampleRate, position: StreamPosition = .start, capturedAt boot: BootTime, sample: ClockSample
    ) {
        self.rate = rate
        anchors = [Anchor(position: position, boot: boot)]
        self.sample = sample
    }

    /// Anchors held; at most `TranscriptLimits.anchorsMax`.
    package var anchorCount: Int { anchors.count }

    /// Notes that the frame at `position` was captured at `boot`.
    ///
    /// Pairs come in the order of the timeline; one that steps back in either respect is ignored. Most are
    /// dropped again: only jumps and, now and then, drift are worth keeping.
    package mutating func captured(_ position: StreamPosition, at boot: BootTime) {
        guard let last = anchors.last else { return }
        if isProvisional {
            isProvisional = false
            if position == last.position {
                anchors = [Anchor(position: position, boot: boot)]
                return
            }
        }
        guard position > last.position, boot > last.boot else { return }
        let predicted = last.boot + .nanoseconds((position - last.position).nanoseconds(at: rate))
        let deviation = boot - predicted
        let jumped =
            deviation >= TranscriptLimits.anchorJump || deviation <= .zero - TranscriptLimits.anchorJump
        let due = boot - last.boot >= TranscriptLimits.anchorInterval
        guard jumped || (due && deviation != .zero) else { return }
        if anchors.count == TranscriptLimits.anchorsMax { thin() }
        anchors.append(Anchor(position: position, boot: boot))
    }

    /// Takes a new reading of both clocks; says so if the wall clock was stepped since the last one.
    package mutating func sampled(_ new: ClockSample) -> ClockStep? {
        let was = sample.wallTime(of: new.boot)
        sample = new
        let change = Duration.nanoseconds(new.wall.nanoseconds - was.nanoseconds)
        guard change >= TranscriptLimits.clockStep || change <= .zero - TranscriptLimits.clockStep else {
            return nil
        }
        return ClockStep(boot: new.boot, was: was, wall: new.wall)
    }

    /// When the frame at `position` was captured, or will be.
    package func bootTime(of position: StreamPosition) -> BootTime {
        let next = firstAnchor { $0.position > position }
        let from = anchors[max(0, next - 1)]
        let boot = from.boot + .nanoseconds((position - from.position).nanoseconds(at: rate))
        return next > 0 && next < anchors.count ? min(boot, anchors[next].boot) : boot
    }

    /// The position captured at `boot`, to the nearest frame.
    package func position(at boot: BootTime) -> StreamPosition {
        let next = firstAnchor { $0.boot > boot }
        let from = anchors[max(0, next - 1)]
        let position = from.position + rate.frames(inNanoseconds: (boot - from.boot).wholeNanoseconds)
        return next > 0 && next < anchors.count ? min(position, anchors[next].position) : position
    }

    /// The wall time of `position` as the newest sample sees it.
    package func wallTime(of position: StreamPosition) -> WallTime {
        sample.wallTime(of: bootTime(of: position))
    }

    /// Forgets what only positions before `position` need, so that a session of months does not grow.
    package mutating func forget(before position: StreamPosition) {
        let needed = max(0, firstAnchor { $0.position > position } - 1)
        if needed > 0 { anchors.removeFirst(needed) }
    }

    /// The index of the first anchor for which `isLater` holds, or the count; binary search.
    private func firstAnchor(where isLater: (Anchor) -> Bool) -> Int {
        var (low, high) = (0, anchors.count)
        while low < high {
            let middle = (low + high) / 2
            if isLater(anchors[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Drops every second anchor but the first and the last.
    private mutating func thin() {
        let lastIndex = anchors.count - 1
        anchors = anchors.enumerated().filter { $0.offset.isMultiple(of: 2) || $0.offset == lastIndex }
            .map(\.element)
    }
}

/// Somebody set the wall clock.
package struct ClockStep: Hashable, Sendable {
    /// When it was noticed.
    package let boot: BootTime
    /// What the wall clock would have shown then.
    package let was: WallTime
    /// What it showed.
    package let wall: WallTime

    /// How far it was set forward; negative: back.
    package var change: Duration { .nanoseconds(wall.nanoseconds - was.nanoseconds) }
}
