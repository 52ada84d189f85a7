import Timeline

/// At most so many uses within any stretch of time as long as the window.
///
/// Stricter than a bucket that refills: the service counts per minute, and a full bucket would let twice the
/// limit pass in one minute.
package struct RateWindow: Sendable {
    private struct Use {
        let time: BootTime
        let amount: Int
    }

    private let limit: Int
    private let window: Duration
    private var uses: [Use] = []

    package init(limit: Int, window: Duration = Limits.rateWindow) {
        precondition(limit > 0 && window > .zero, "something may be used some time")
        self.limit = limit
        self.window = window
    }

    /// When `amount` may be used: `now` or later. More than the limit counts as the limit.
    package mutating func next(_ amount: Int, at now: BootTime) -> BootTime {
        uses.removeAll { $0.time + window <= now }
        var excess = uses.reduce(min(amount, limit)) { $0 + $1.amount } - limit
        for use in uses {
            guard excess > 0 else { break }
            excess -= use.amount
            if excess <= 0 { return use.time + window }
        }
        return now
    }

    /// Notes that `amount` was used at `now`.
    package mutating func used(_ amount: Int, at now: BootTime) {
        uses.append(Use(time: now, amount: min(amount, limit)))
    }
}
