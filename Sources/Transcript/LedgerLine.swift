import Audio
import Timeline

/// The account of a session when the program ended it in order: `captured = confirmed + pending + dropped`.
/// All counts are frames at `rate`; the causes are `GapCause.name`s, those with nothing are left out.
package struct LedgerLine: Sendable, Hashable, Codable {
    package var session: String
    /// When the account was made, RFC 3339 UTC.
    package var at: String
    /// The uplink rate, in hertz.
    package var rate: Int
    /// How far the timeline went since the program was started within the session, as are all counts.
    package var elapsed: Int64
    /// `Ledger.captured` in frames, as its three neighbours are.
    package var captured: Int64
    package var sent: Int64
    package var confirmed: Int64
    package var pending: Int64
    /// Captured, then given up.
    package var dropped: [String: Int64]
    /// Never captured.
    package var absent: [String: Int64]

    package init(_ ledger: Ledger, rate: SampleRate, session: String, at: WallTime) {
        self.session = session
        self.at = at.rfc3339
        self.rate = rate.hertz
        elapsed = (ledger.head - ledger.origin).value
        captured = ledger.captured.value
        sent = ledger.sent.value
        confirmed = ledger.confirmed.value
        pending = ledger.pending.value
        dropped = ledger.dropped.byName
        absent = ledger.absent.byName
    }
}

extension [GapCause: FrameCount] {
    /// The counts by the causes' names.
    package var byName: [String: Int64] {
        reduce(into: [:]) { names, entry in names[entry.key.name] = entry.value.value }
    }
}
