import Audio
import Timeline

/// Stretches of the stream in order: consecutive packets as one entry, gaps one by one. Hours are a handful.
package struct RunList: Sendable, Equatable {
    /// How far `capturedAt` may lie from where the nominal rate puts it before a new run begins.
    package static let clockTolerance = Duration.milliseconds(10)

    private let rate: SampleRate?
    /// In order; without overlap.
    package private(set) var entries: [StreamEntry] = []

    /// Without a rate nothing is merged.
    package init(rate: SampleRate?) { self.rate = rate }

    package var isEmpty: Bool { entries.isEmpty }
    package var start: StreamPosition? { entries.first?.position }
    package var end: StreamPosition? { entries.last?.end }

    /// Adds what follows; what is there already is left out, and what is missing becomes a damaged gap.
    package mutating func append(_ entry: StreamEntry) {
        guard let last = entries.last else {
            entries.append(entry)
            return
        }
        guard entry.position >= last.end else { return }
        if entry.position > last.end {
            entries.append(
                .damaged(from: last.end, to: entry.position, capturedAt: time(of: last.end, in: last)))
        } else if let rate, entry.kind == .packet, last.kind == .packet {
            let nominal = last.capturedAt + .nanoseconds(last.frames.nanoseconds(at: rate))
            let apart = entry.capturedAt - nominal
            if apart <= Self.clockTolerance && .zero - apart <= Self.clockTolerance {
                entries[entries.count - 1].frames += entry.frames
                return
            }
        }
        entries.append(entry)
    }

    /// The run that holds `position`.
    package func entry(at position: StreamPosition) -> StreamEntry? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].end <= position { low = middle + 1 } else { high = middle }
        }
        guard low < entries.count, entries[low].position <= position else { return nil }
        return entries[low]
    }

    /// Forgets what lies before `position`.
    package mutating func remove(before position: StreamPosition) {
        entries.removeAll { $0.end <= position }
        if let first = entries.first, first.position < position { entries[0] = tail(first, from: position) }
    }

    /// Forgets what lies at `position` and after.
    package mutating func remove(from position: StreamPosition) {
        entries.removeAll { $0.position >= position }
        if let last = entries.last, last.end > position {
            entries[entries.count - 1].frames = position - last.position
        }
    }

    /// Puts `gap` in the place of what is there.
    package mutating func replace(with gap: StreamEntry) {
        var behind = self
        behind.remove(before: gap.end)
        remove(from: gap.position)
        entries.append(gap)
        entries += behind.entries
    }

    /// The parts from `start` to `end`, cut to it.
    package func part(from start: StreamPosition, to end: StreamPosition) -> [StreamEntry] {
        var part = self
        part.remove(before: start)
        part.remove(from: end)
        return part.entries
    }

    private func tail(_ entry: StreamEntry, from position: StreamPosition) -> StreamEntry {
        var tail = entry
        tail.capturedAt = time(of: position, in: entry)
        tail.position = position
        tail.frames = entry.end - position
        return tail
    }

    private func time(of position: StreamPosition, in entry: StreamEntry) -> BootTime {
        guard let rate else { return entry.capturedAt }
        return entry.capturedAt + .nanoseconds((position - entry.position).nanoseconds(at: rate))
    }
}

extension StreamEntry {
    /// A stretch that was captured and cannot be read any more.
    static func damaged(
        from start: StreamPosition, to end: StreamPosition, capturedAt: BootTime
    ) -> StreamEntry {
        StreamEntry(
            kind: .gap, cause: .damaged, position: start, frames: end - start, capturedAt: capturedAt)
    }
}

extension [Gap] {
    /// Adds the audio of `entries` as lost to `cause`, from `start` on; gap records are no news. Stretches
    /// that adjoin become one.
    mutating func append(audioOf entries: [StreamEntry], from start: StreamPosition, cause: GapCause) {
        for entry in entries where entry.kind == .packet && entry.end > start {
            let begin = Swift.max(entry.position, start)
            if let last, last.end == begin, last.cause == cause {
                self[count - 1] = Gap(start: last.start, end: entry.end, cause: cause)
            } else {
                append(Gap(start: begin, end: entry.end, cause: cause))
            }
        }
    }
}
