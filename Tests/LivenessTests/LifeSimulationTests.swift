import Audio
import Liveness
import Testing
import Timeline

/// Weeks and illnesses of an agent, in virtual time. The argument is the number of the simulation: its seed.
@Suite struct LifeSimulationTests {
    /// Everything that happens to a healthy box: unplugged cards, sleeping machines, networks that come and
    /// go, examiners that are late, cards that hang for some seconds and are mended by their own thread.
    private func week(_ seed: UInt64, days: Int) -> Body {
        var generator = SeededGenerator(seed: seed)
        var body = Body()
        while body.seconds < Double(days) * 86_400 {
            switch Int.random(in: 0..<1_000, using: &generator) {
            case 0:
                body.change { $0.capture.state = .waiting }
                body.live(1, times: Int.random(in: 1..<3_000, using: &generator))
                body.change { $0.capture.state = .running }
            case 1: body.suspend(.random(in: 1..<50_000, using: &generator))
            case 2:
                let link = [VitalSigns.Link.idle, .open, .offline].randomElement(using: &generator) ?? .open
                body.change { $0.link = link }
            case 3:
                body.health.captureMoves = false
                body.live(1, times: Int.random(in: 1..<7, using: &generator))
                body.health.captureMoves = true
            case 4:
                body.change { $0.playback?.state = .waiting }
                body.live(1, times: Int.random(in: 1..<100, using: &generator))
                body.change { $0.playback?.state = .running }
            case 5:
                // A busy board: everything late, the examiner most of all.
                body.live(.random(in: 2..<20, using: &generator), times: 10)
            default: body.live(.random(in: 0.9..<1.1, using: &generator), times: 30)
            }
        }
        return body
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func aWeekOfUptimeHasNoFalseVerdict(seed: UInt64) {
        let body = week(seed, days: 7)
        #expect(body.orders.isEmpty)
        #expect(body.verdict.mayPet)
        #expect(body.verdict.findings.isEmpty)
    }

    @Test(arguments: 11...15 as ClosedRange<UInt64>) func eachIllnessIsFoundAfterADayInTime(seed: UInt64) {
        for organ in [Organ.capture, .uplink, .link, .control] {
            var body = week(seed, days: 1)
            let fell = body.seconds
            switch organ {
            case .capture: body.health.captureMoves = false
            case .uplink: body.health.uplinkMoves = false
            case .link: body.health.linkTurns = false
            default: body.health.controlTurns = false
            }
            var generator = SeededGenerator(seed: seed)
            while body.seconds < fell + 60 { body.live(.random(in: 0.8..<1.2, using: &generator)) }
            #expect(body.orders.allSatisfy { $0.order.organ == organ })
            #expect(body.orders.last?.order.stage == .restartProcess)
            // The watchdog is petted no more, 31 s after the last progress at the latest.
            #expect((body.lastPet ?? 0) - fell <= 31)
        }
    }

    @Test(arguments: 31...40 as ClosedRange<UInt64>) func aCureAtAnyStageIsTheEnd(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var body = Body()
        let stages: [RecoveryStage] = [.reopenDevice, .reenumerate, .rebuildStage]
        for stage in stages.shuffled(using: &generator) {
            body.health.captureMoves = false
            while body.orders.last?.order.stage != stage || body.verdict.orders.isEmpty {
                body.live(.random(in: 0.9..<1.1, using: &generator))
            }
            // The order takes some seconds to help.
            body.live(1, times: Int.random(in: 0..<4, using: &generator))
            body.health.captureMoves = true
            body.live(1, times: 40)
            #expect(body.verdict == Verdict())
        }
        #expect(!body.orders.contains { $0.order.stage == .restartProcess })
    }

    @Test(arguments: 41...44 as ClosedRange<UInt64>) func aFlappingCableIsWaitedFor(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var body = Body()
        for _ in 0..<5_000 {
            body.change { $0.capture.state = .waiting }
            body.live(.random(in: 0.2..<5, using: &generator))
            body.change { $0.capture.state = .running }
            body.live(.random(in: 0.2..<5, using: &generator))
        }
        #expect(body.orders.isEmpty)
    }
}
