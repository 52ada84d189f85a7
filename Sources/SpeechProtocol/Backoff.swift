/// How long to wait before the next attempt: exponential with full jitter, so that a thousand boxes that lost
/// the same service do not come back together.
///
/// The n-th wait is drawn evenly from 0 up to `min(cap, base × 2ⁿ)`:
///
///     attempt        0      1     2     3     4      5      6 and on
///     at most     0.5 s    1 s   2 s   4 s   8 s   16 s     30 s
///     on average  0.25 s  0.5 s  1 s   2 s   4 s    8 s     15 s
package struct Backoff: Hashable, Sendable {
    package let base: Duration
    package let cap: Duration
    /// Attempts that failed since the last healthy stretch.
    package private(set) var failures = 0

    package init(base: Duration = .milliseconds(500), cap: Duration = .seconds(30)) {
        precondition(base > .zero && cap >= base, "a back-off grows from something")
        self.base = base
        self.cap = cap
    }

    /// The longest the next wait can be.
    package var ceiling: Duration {
        var ceiling = base
        for _ in 0..<failures where ceiling < cap { ceiling = ceiling * 2 }
        return min(ceiling, cap)
    }

    /// Notes a failure and says how long to wait. `random` is drawn evenly from 0..<1.
    package mutating func failed(random: Double) -> Duration {
        let wait = ceiling * min(max(random, 0), 1)
        if ceiling < cap { failures += 1 }
        return wait
    }

    /// Begins anew; to be called only after a connection that held, not after one that merely opened.
    package mutating func reset() { failures = 0 }
}
