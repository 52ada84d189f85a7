import Audio
import Timeline

/// How much audio may be sent in a day, for accounts that pay by the minute. Days are UTC days of the wall
/// clock; audio sent again counts again, as the service counts it.
///
/// Pure: the wall clock is handed in. It may step: each day keeps its own account, so a step back returns to
/// what that day has already used, and a step into a wrong year and back costs nothing.
package struct DailyCap: Sendable {
    /// What one day has used.
    package struct Use: Codable, Hashable, Sendable, BitwiseCopyable {
        /// Days since 1970-01-01, UTC.
        package var day: Int64
        /// Audio sent, in nanoseconds.
        package var nanoseconds: Int64

        package init(day: Int64, nanoseconds: Int64) {
            self.day = day
            self.nanoseconds = nanoseconds
        }
    }

    /// The accounts to be kept over a restart: at most `Limits.capDaysMax`, the day last used first.
    package struct Snapshot: Codable, Hashable, Sendable {
        package var uses: [Use]

        package init(uses: [Use] = []) { self.uses = uses }
    }

    private static let dayNanoseconds: Int64 = 86_400_000_000_000
    private let allowance: Int64
    /// The day last used first.
    private var uses: [Use]

    /// `minutes` of audio a day, positive. `restored`: as an earlier run left it; what makes no sense in it
    /// is left out, and of a day listed twice the larger use counts.
    package init(minutes: Int, restored: Snapshot = Snapshot()) {
        precondition(minutes > 0, "a cap lets something pass")
        allowance = Int64(min(minutes, 100_000)) * 60_000_000_000
        uses = []
        for use in restored.uses.reversed() where use.nanoseconds > 0 {
            charge(min(use.nanoseconds, Self.dayNanoseconds * 100) - used(onDay: use.day), toDay: use.day)
        }
    }

    /// Whether `frames` at `rate` may still be sent at `wall`.
    package func admits(_ frames: FrameCount, at rate: SampleRate, wall: WallTime) -> Bool {
        used(onDay: Self.day(of: wall)) + frames.nanoseconds(at: rate) <= allowance
    }

    /// Notes that `frames` at `rate` were sent at `wall`.
    package mutating func sent(_ frames: FrameCount, at rate: SampleRate, wall: WallTime) {
        charge(frames.nanoseconds(at: rate), toDay: Self.day(of: wall))
    }

    /// Audio sent on the day of `wall`.
    package func used(wall: WallTime) -> Duration { .nanoseconds(used(onDay: Self.day(of: wall))) }

    /// What may still be sent on the day of `wall`.
    package func remaining(wall: WallTime) -> Duration {
        .nanoseconds(max(0, allowance - used(onDay: Self.day(of: wall))))
    }

    /// When the day after that of `wall` begins, and with it the next allowance.
    package func nextDay(after wall: WallTime) -> WallTime {
        WallTime(nanoseconds: (Self.day(of: wall) + 1) * Self.dayNanoseconds)
    }

    package var snapshot: Snapshot { Snapshot(uses: uses) }

    private static func day(of wall: WallTime) -> Int64 {
        let day = wall.nanoseconds / dayNanoseconds
        return wall.nanoseconds % dayNanoseconds < 0 ? day - 1 : day
    }

    private func used(onDay day: Int64) -> Int64 { uses.first { $0.day == day }?.nanoseconds ?? 0 }

    private mutating func charge(_ nanoseconds: Int64, toDay day: Int64) {
        guard nanoseconds > 0 else { return }
        if uses.first?.day == day {
            uses[0].nanoseconds += nanoseconds
            return
        }
        let before = used(onDay: day)
        uses.removeAll { $0.day == day }
        uses.insert(Use(day: day, nanoseconds: before + nanoseconds), at: 0)
        if uses.count > Limits.capDaysMax { uses.removeLast() }
    }
}
