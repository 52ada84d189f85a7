import Audio
import SpeechProtocol
import Testing
import Timeline

private let rate = SampleRate(hertz: 16_000)
private let packet = FrameCount(320)

/// `hours` after 2026-11-22T00:00:00Z.
private func wall(_ hours: Double) -> WallTime {
    WallTime(nanoseconds: (20_779 * 86_400 + Int64(hours * 3_600)) * 1_000_000_000)
}

@Suite struct DailyCapTests {
    /// Sends packets at `wall` while the cap lets them; how many went.
    private func fill(_ cap: inout DailyCap, _ wall: WallTime, most: Int = .max) -> Int {
        var count = 0
        while count < most, cap.admits(packet, at: rate, wall: wall) {
            cap.sent(packet, at: rate, wall: wall)
            count += 1
        }
        return count
    }

    @Test func exactlyTheMinutesPass() {
        var cap = DailyCap(minutes: 2)
        #expect(fill(&cap, wall(9)) == 6_000)
        #expect(cap.used(wall: wall(9)) == .seconds(120))
        #expect(cap.remaining(wall: wall(9)) == .zero)
        #expect(!cap.admits(packet, at: rate, wall: wall(23.99)))
        #expect(cap.nextDay(after: wall(9)) == wall(24))
        #expect(cap.admits(packet, at: rate, wall: wall(24)))
        #expect(fill(&cap, wall(24)) == 6_000)
    }

    @Test func aPacketThatDoesNotFitWholeDoesNotGo() {
        var cap = DailyCap(minutes: 1)
        cap.sent(FrameCount(16_000 * 60 - 319), at: rate, wall: wall(1))
        #expect(!cap.admits(packet, at: rate, wall: wall(1)))
        #expect(cap.admits(FrameCount(319), at: rate, wall: wall(1)))
    }

    @Test func theClockSteppingBackGivesNoSecondAllowance() {
        var cap = DailyCap(minutes: 1)
        #expect(fill(&cap, wall(20)) == 3_000)
        #expect(fill(&cap, wall(3)) == 0)
        #expect(fill(&cap, wall(25)) == 3_000)
        // Back over midnight, and forth again.
        #expect(fill(&cap, wall(23)) == 0)
        #expect(fill(&cap, wall(26)) == 0)
    }

    @Test func aStepIntoAWrongYearCostsNothing() {
        var cap = DailyCap(minutes: 1)
        #expect(fill(&cap, wall(1), most: 1_000) == 1_000)
        #expect(fill(&cap, wall(24 * 365 * 50), most: 10) == 10)
        #expect(fill(&cap, WallTime(nanoseconds: -1), most: 10) == 10)
        #expect(cap.nextDay(after: WallTime(nanoseconds: -1)) == WallTime(nanoseconds: 0))
        #expect(fill(&cap, wall(1)) == 2_000)
    }

    @Test func aRestartGivesNoSecondAllowance() {
        var cap = DailyCap(minutes: 1)
        _ = fill(&cap, wall(0), most: 500)
        _ = fill(&cap, wall(24), most: 1_000)
        var restored = DailyCap(minutes: 1, restored: cap.snapshot)
        #expect(restored.snapshot == cap.snapshot)
        #expect(fill(&restored, wall(24)) == 2_000)
        // A larger cap after a change of settings.
        restored = DailyCap(minutes: 2, restored: restored.snapshot)
        #expect(fill(&restored, wall(24)) == 3_000)
    }

    @Test func aDamagedSnapshotIsTakenForWhatItIsWorth() {
        let cap = DailyCap(
            minutes: 1,
            restored: DailyCap.Snapshot(uses: [
                .init(day: 20_779, nanoseconds: 20_000_000_000), .init(day: 20_779, nanoseconds: .min),
                .init(day: 20_779, nanoseconds: 30_000_000_000), .init(day: .max, nanoseconds: .max),
                .init(day: .min, nanoseconds: 1),
            ]))
        #expect(cap.remaining(wall: wall(1)) == .seconds(30))
    }

    @Test func onlySomeDaysAreRemembered() {
        var cap = DailyCap(minutes: 1)
        for day in 0..<1_000 { _ = fill(&cap, wall(Double(day) * 24), most: 1) }
        #expect(cap.snapshot.uses.count == Limits.capDaysMax)
        #expect(cap.snapshot.uses.first?.day == 21_778)
    }
}
