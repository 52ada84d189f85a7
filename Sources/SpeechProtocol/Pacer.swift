import Audio
import Timeline

/// Holds a backlog to a multiple of real time, and lets live audio pass at once.
///
/// Audio sent is paid from a credit of media time that grows at the pace (1.25 s per second) up to a small
/// burst. Live audio comes at 1 s per second, so its credit never runs out; a backlog uses up the burst and
/// then goes at the pace. After an outage of T the backlog is caught up with in 4 T. A credit of any size
/// lets a whole packet go, so packets longer than the burst pass too; what is owed then is waited for.
///
/// Over any stretch of t seconds at most `burst + t × pace + one packet` goes out.
package struct Pacer: Sendable {
    private let rate: SampleRate
    private let percent: Int64
    private let burst: Int64
    /// Nanoseconds of media time; negative: owed.
    private var credit: Int64
    private var updated: BootTime

    /// `percent` of real time, within `Limits.pacePercents`.
    package init(
        rate: SampleRate, percent: Int = Limits.pacePercent, burst: Duration = Limits.paceBurst,
        at now: BootTime
    ) {
        precondition(Limits.pacePercents ~= percent, "a backlog is caught up with only faster than real time")
        self.rate = rate
        self.percent = Int64(percent)
        self.burst = burst.wholeNanoseconds
        credit = self.burst
        updated = now
    }

    /// When the next packet may go: now or later.
    package mutating func next(at now: BootTime) -> BootTime {
        refill(at: now)
        guard credit <= 0 else { return now }
        return BootTime(nanoseconds: now.nanoseconds + (-credit * 100) / percent + 1)
    }

    /// Notes that `frames` went out at `now`.
    package mutating func sent(_ frames: FrameCount, at now: BootTime) {
        refill(at: now)
        credit -= frames.nanoseconds(at: rate)
    }

    private mutating func refill(at now: BootTime) {
        guard now > updated else { return }
        // A day is more than any credit; the bound keeps the product within range.
        let elapsed = min(now.nanoseconds - updated.nanoseconds, 86_400_000_000_000)
        credit = min(burst, credit + elapsed * percent / 100)
        updated = now
    }
}
