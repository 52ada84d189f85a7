import Audio
import Timeline

/// A session's account as one program leaves it to the next: everything but what can be counted again from
/// the records that are kept.
package struct LedgerBalance: Sendable, Hashable, Codable {
    /// Frames, as the ledger's sums of the same names.
    package var captured: Int64
    package var sent: Int64
    package var confirmed: Int64
    /// By `GapCause.name`.
    package var dropped: [String: Int64]
    package var absent: [String: Int64]
    /// Positions.
    package var origin: Int64
    package var head: Int64
    package var confirmedPosition: Int64
    package var sentPosition: Int64
}

extension Ledger {
    package var balance: LedgerBalance {
        LedgerBalance(
            captured: captured.value, sent: sent.value, confirmed: confirmed.value, dropped: dropped.byName,
            absent: absent.byName, origin: origin.frames, head: head.frames,
            confirmedPosition: confirmedPosition.frames, sentPosition: sentPosition.frames)
    }

    /// The account goes on where `balance` left it, with `kept`, the records that are still there, in order.
    ///
    /// What the balance counts and nothing is kept of any more, although nobody confirmed it or gave it up,
    /// was lost where it was kept: dropped, for `damaged`. Records newer than the balance are news.
    package init(resuming balance: LedgerBalance, kept: [StreamEntry]) {
        let head = StreamPosition(frames: balance.head)
        let start = min(kept.first?.position ?? head, head)
        self.init(from: start)
        carry(balance)
        let confirmedEnd = StreamPosition(frames: balance.confirmedPosition)
        for entry in kept where entry.position < head {
            uncount(entry, to: head, confirmedTo: confirmedEnd)
        }
        // Frames the balance holds as pending, of which no record is left.
        let lost = captured - confirmed - dropped.values.reduce(.zero, +)
        if lost > .zero { dropped[.damaged, default: .zero] += lost }

        for entry in kept {
            switch entry.kind {
            case .packet: capture(from: entry.position, to: entry.end)
            case .gap: lose(Gap(start: entry.position, end: entry.end, cause: entry.cause))
            }
        }
        // Counted as lost just now; the timeline goes on behind it.
        skip(to: head)
        confirm(to: confirmedEnd)
        dropped = dropped.filter { $0.value != .zero }
        absent = absent.filter { $0.value != .zero }
    }

    private mutating func carry(_ balance: LedgerBalance) {
        captured = FrameCount(balance.captured)
        sent = FrameCount(balance.sent)
        confirmed = FrameCount(balance.confirmed)
        for cause in GapCause.allCases {
            if let frames = balance.dropped[cause.name] { dropped[cause] = FrameCount(frames) }
            if let frames = balance.absent[cause.name] { absent[cause] = FrameCount(frames) }
        }
        origin = StreamPosition(frames: balance.origin)
        sentPosition = StreamPosition(frames: balance.sentPosition)
    }

    /// Takes back what the sums hold of `entry` before `head`: it will be entered again.
    private mutating func uncount(_ entry: StreamEntry, to head: StreamPosition, confirmedTo: StreamPosition)
    {
        let end = min(entry.end, head)
        let frames = end - entry.position
        switch entry.kind {
        case .packet:
            captured -= frames
            if entry.position < confirmedTo { confirmed -= min(end, confirmedTo) - entry.position }
        case .gap where entry.cause.losesCapturedAudio:
            captured -= frames
            dropped[entry.cause, default: .zero] -= frames
        case .gap:
            absent[entry.cause, default: .zero] -= frames
        }
    }
}
