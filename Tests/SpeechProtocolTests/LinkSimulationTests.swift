import Audio
import SpeechProtocol
import Testing
import Timeline

/// Days and weeks of a link, in virtual time. The argument is the number of the simulation: its seed.
@Suite struct LinkSimulationTests {
    private static let day = 86_400.0

    /// Most attempts within any stretch of `seconds`.
    private func busiest(_ attempts: [Double], _ seconds: Double) -> Int {
        var (first, most) = (0, 0)
        for index in attempts.indices {
            while attempts[index] - attempts[first] >= seconds { first += 1 }
            most = max(most, index - first + 1)
        }
        return most
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>) func aWrongKeyForADayIsTriedEveryFewMinutes(seed: UInt64) {
        var simulation = LinkSimulation(
            [(0, .refusing(.unauthorized)), (Self.day, .fine)], seed: seed)
        simulation.run(until: Self.day)
        #expect((280...300).contains(simulation.attempts.count))
        #expect(busiest(simulation.attempts, 3_600) <= 16)
        #expect(simulation.waits.allSatisfy { (225...375).contains($0) })
        #expect(simulation.isWaitingForSettings)
        simulation = LinkSimulation([(0, .refusing(.unauthorized)), (Self.day, .fine)], seed: seed)
        simulation.run(until: Self.day + 400)
        #expect(simulation.opened.count == 1)
    }

    @Test(arguments: 11...15 as ClosedRange<UInt64>) func retryAfterIsNeverUndercut(seed: UInt64) {
        var simulation = LinkSimulation(
            [(0, .refusing(.throttled(retryAfter: .seconds(20)))), (3_600, .fine)], seed: seed)
        simulation.run(until: 3_700)
        #expect(simulation.waits.allSatisfy { (20...50).contains($0) })
        // Many boxes must not come back together: on average half of the longest back-off on top.
        #expect((90...180).contains(simulation.attempts.count))
        #expect(simulation.opened.count == 1)
    }

    @Test(arguments: 21...25 as ClosedRange<UInt64>) func throttledWithoutATimeBacksOff(seed: UInt64) {
        var simulation = LinkSimulation([(0, .refusing(.throttled(retryAfter: nil)))], seed: seed)
        simulation.run(until: Self.day)
        #expect(busiest(simulation.attempts, 3_600) <= 330)
        #expect(busiest(simulation.attempts, 60) <= 25)
    }

    @Test(arguments: 31...40 as ClosedRange<UInt64>) func flappingWiFi(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var forecast: [(from: Double, weather: LinkSimulation.Weather)] = [(0, .fine)]
        var time = 0.0
        while time < Self.day {
            time += Double.random(in: 1..<120, using: &generator)
            forecast.append((time, .failing(after: 0.001)))
            time += Double.random(in: 0.5..<40, using: &generator)
            forecast.append((time, .fine))
        }
        var simulation = LinkSimulation(forecast, seed: seed)
        simulation.run(until: time)
        #expect(simulation.opened.count > 500)
        // Audio flows again within the back-off step of the time and 0.3 s.
        #expect(simulation.returns.allSatisfy { $0.time <= $0.step + 0.3 })
        // Each loss of a connection and each failure costs one attempt: no storm.
        #expect(busiest(simulation.attempts, 10) <= 25)
        #expect(busiest(simulation.attempts, 3_600) <= 1_200)
    }

    @Test(arguments: 41...45 as ClosedRange<UInt64>) func noNamesForAnHour(seed: UInt64) {
        // A resolver that gives up after 5 s.
        var simulation = LinkSimulation(
            [(0, .fine), (1_000, .failing(after: 5)), (4_600, .fine)], seed: seed)
        simulation.run(until: 5_000)
        #expect((140...300).contains(simulation.attempts.count))
        #expect(simulation.opened.count == 2)
        // The attempt under way at that time fails, and only the next one succeeds.
        #expect(simulation.returns.allSatisfy { $0.time <= $0.step + 5 + 0.3 })
    }

    @Test(arguments: 51...55 as ClosedRange<UInt64>) func aBlackHoleForTenMinutes(seed: UInt64) {
        var simulation = LinkSimulation([(0, .fine), (100, .blackHole), (700, .fine)], seed: seed)
        simulation.run(until: 1_000)
        #expect(simulation.opened.count == 2)
        let handshake = Limits.handshakeTime / .seconds(1)
        #expect(simulation.returns.allSatisfy { $0.time <= $0.step + handshake + 0.3 })
        #expect((24...60).contains(simulation.attempts.count))
    }

    @Test(arguments: 61...63 as ClosedRange<UInt64>) func aCleanWeekIsOneAttempt(seed: UInt64) {
        var simulation = LinkSimulation([(0, .fine)], seed: seed)
        simulation.run(until: 7 * Self.day)
        #expect(simulation.attempts.count == 1)
        #expect(simulation.opened.count == 1)
    }

    @Test(arguments: 71...73 as ClosedRange<UInt64>) func aServiceRenewedEveryHourIsBackAtOnce(seed: UInt64) {
        var forecast: [(from: Double, weather: LinkSimulation.Weather)] = [(0, .fine)]
        for hour in 1..<168 {
            forecast.append((Double(hour) * 3_600, .failing(after: 0.01)))
            forecast.append((Double(hour) * 3_600 + 0.1, .fine))
        }
        var simulation = LinkSimulation(forecast, seed: seed)
        simulation.run(until: 7 * Self.day)
        #expect(simulation.opened.count == 168)
        // After each healthy hour the back-off begins with its first steps.
        #expect(simulation.returns.allSatisfy { $0.step <= 2 && $0.time <= $0.step + 0.3 })
    }
}

@Suite struct PaceTests {
    @Test(arguments: [101, 110, 125, 200, 500, 1_000]) func anyPaceOfTheSettingsIsKept(percent: Int) {
        let rate = SampleRate(hertz: 16_000)
        var pacer = Pacer(rate: rate, percent: percent, at: at(0))
        var (now, sent) = (at(0), 0.0)
        while sent < 300 {
            now = pacer.next(at: now)
            pacer.sent(FrameCount(320), at: now)
            sent += 0.02
            let elapsed = Double(now.nanoseconds) / 1e9
            #expect(sent <= 0.5 + elapsed * Double(percent) / 100 + 0.02 + 1e-6)
        }
        let pace = (sent - 0.5) / (Double(now.nanoseconds) / 1e9)
        #expect(abs(pace * 100 - Double(percent)) < 1)
    }

    @Test func liveAudioAmidABacklogIsNotHeldBackForEver() {
        // A backlog of 60 s at 101 %: caught up with after 100 minutes, and not one packet earlier or never.
        let rate = SampleRate(hertz: 16_000)
        var pacer = Pacer(rate: rate, percent: 101, at: at(0))
        var (now, sent) = (at(0), 0.0)
        while sent < 60 + Double(now.nanoseconds) / 1e9 {
            now = pacer.next(at: now)
            pacer.sent(FrameCount(4_000), at: now)
            sent += 0.25
        }
        #expect((5_900...6_000).contains(Double(now.nanoseconds) / 1e9))
    }
}
