import Audio
import SpeechProtocol
import Testing
import Timeline

func at(_ seconds: Double) -> BootTime { BootTime(nanoseconds: Int64((seconds * 1e9).rounded())) }

@Suite struct BackoffTests {
    @Test func ceilingsGrowAsTheTableSays() {
        var backoff = Backoff()
        var ceilings: [Double] = []
        for _ in 0..<9 { ceilings.append(backoff.failed(random: 1) / .seconds(1)) }
        #expect(ceilings == [0.5, 1, 2, 4, 8, 16, 30, 30, 30])
        backoff.reset()
        #expect(backoff.failed(random: 0.5) == .milliseconds(250))
    }

    @Test func waitsAreDrawnFromTheWholeRange() {
        var backoff = Backoff()
        #expect(backoff.failed(random: 0) == .zero)
        #expect(backoff.failed(random: 7) == .seconds(1))
        #expect(backoff.failed(random: -1) == .zero)
    }

    @Test func aYearOfFailuresOverflowsNothing() {
        var backoff = Backoff()
        for _ in 0..<2_000_000 { _ = backoff.failed(random: 0.5) }
        #expect(backoff.ceiling == .seconds(30))
    }
}

@Suite struct LinkStateMachineTests {
    @Test func connectsOnlyForWorkAndOnce() {
        var link = LinkStateMachine()
        #expect(link.nextDeadline == nil)
        #expect(link.workAppeared(at: at(0)) == .connect)
        #expect(link.workAppeared(at: at(1)) == .none)
        #expect(link.nextDeadline == at(10))
        #expect(link.transportOpened(at: at(2)) == .use)
        #expect(link.workAppeared(at: at(3)) == .none)
        #expect(link.nextDeadline == nil)
    }

    @Test func anAttemptThatTakesTooLongIsAbandoned() {
        var link = LinkStateMachine()
        _ = link.workAppeared(at: at(0))
        #expect(link.deadlinePassed(hasWork: true, random: 0.5, at: at(9.9)) == .none)
        #expect(link.deadlinePassed(hasWork: true, random: 0.5, at: at(10)) == .abandon(retry: at(10.25)))
        #expect(link.transportOpened(at: at(10.1)) == .drop)
        #expect(link.connectFailed(isLasting: false, random: 1, at: at(10.1)) == .none)
        #expect(link.deadlinePassed(hasWork: true, random: 0, at: at(10.25)) == .connect)
    }

    @Test func withoutWorkAWaitEndsInIdleness() {
        var link = LinkStateMachine()
        _ = link.workAppeared(at: at(0))
        #expect(link.connectFailed(isLasting: false, random: 1, at: at(0)) == .wait(until: at(0.5)))
        #expect(link.deadlinePassed(hasWork: false, random: 0, at: at(0.5)) == .none)
        #expect(link.nextDeadline == nil)
        #expect(link.workAppeared(at: at(60)) == .connect)
    }

    @Test func backoffBeginsAnewOnlyAfterAHealthyStretch() {
        var link = LinkStateMachine()
        var now = at(0)
        var waits: [Double] = []
        for uptime in [1.0, 1, 29, 30, 1] {
            _ = link.workAppeared(at: now)
            _ = link.deadlinePassed(hasWork: true, random: 1, at: now)
            #expect(link.transportOpened(at: now) == .use)
            now = now + .seconds(uptime)
            guard case .wait(let until) = link.transportClosed(.dropped, answered: true, random: 1, at: now)
            else {
                Issue.record("no wait")
                return
            }
            waits.append((until - now) / .seconds(1))
            now = until
        }
        #expect(waits == [0.5, 1, 2, 0.5, 1])
    }

    @Test func permanentRefusalsAreProbedSlowly() {
        for classification in [Refusal.Classification.permanent, .unauthorized, .payment] {
            var link = LinkStateMachine()
            _ = link.workAppeared(at: at(0))
            #expect(link.refused(classification, random: 0.5, at: at(1)) == .wait(until: at(301)))
            #expect(link.deadlinePassed(hasWork: true, random: 0, at: at(300)) == .none)
            #expect(link.deadlinePassed(hasWork: true, random: 0, at: at(301)) == .connect)
        }
    }

    @Test func retryAfterIsWaitedFor() {
        var link = LinkStateMachine()
        _ = link.workAppeared(at: at(0))
        #expect(
            link.refused(.throttled(retryAfter: .seconds(7)), random: 0.5, at: at(1))
                == .wait(until: at(8.25)))
    }

    @Test func anotherKeyIsTriedAtOnce() {
        var link = LinkStateMachine()
        _ = link.workAppeared(at: at(0))
        _ = link.refused(.unauthorized, random: 0.5, at: at(1))
        #expect(link.credentialReplaced(at: at(2)) == .retryNow)
        #expect(link.deadlinePassed(hasWork: true, random: 0, at: at(2)) == .connect)
        #expect(link.credentialReplaced(at: at(3)) == .none)
        _ = link.refused(.transient, random: 0.5, at: at(3))
        #expect(link.credentialReplaced(at: at(3)) == .none)
    }

    @Test func audioNobodyCanDecodeThreeTimesIsASetting() {
        var link = LinkStateMachine()
        var now = at(0)
        var waits: [Double] = []
        for _ in 0..<3 {
            _ = link.workAppeared(at: now)
            _ = link.deadlinePassed(hasWork: true, random: 0.5, at: now)
            _ = link.transportOpened(at: now)
            let end = link.transportClosed(.undecodableAudio, answered: false, random: 0.5, at: now)
            guard case .wait(let until) = end else { break }
            waits.append((until - now) / .seconds(1))
            now = until
        }
        #expect(waits == [0.25, 0.5, 300])
    }

    @Test func aPlannedEndIsNoFailure() {
        var link = LinkStateMachine()
        _ = link.workAppeared(at: at(0))
        _ = link.transportOpened(at: at(0))
        link.transportFinished(at: at(1))
        #expect(link.nextDeadline == nil)
        #expect(link.workAppeared(at: at(2)) == .connect)
    }

    /// A machine in each state: idle, connecting, open, waiting, waiting for a setting, stopped.
    private func machine(_ state: Int) -> LinkStateMachine {
        var link = LinkStateMachine()
        if state == 0 { return link }
        _ = link.workAppeared(at: at(0))
        switch state {
        case 2: _ = link.transportOpened(at: at(0))
        case 3: _ = link.connectFailed(isLasting: false, random: 1, at: at(0))
        case 4: _ = link.connectFailed(isLasting: true, random: 0.5, at: at(0))
        case 5: link.stopRequested()
        default: break
        }
        return link
    }

    @Test func everyEventHasItsAnswerInEveryState() {
        var table: [[String]] = []
        for state in 0...5 {
            var row: [String] = []
            func note(_ event: (inout LinkStateMachine) -> String) {
                var link = machine(state)
                row.append(event(&link))
            }
            note { $0.workAppeared(at: at(1)) == .connect ? "connect" : "-" }
            note { state == 2 ? "trap" : $0.transportOpened(at: at(1)) == .use ? "use" : "drop" }
            note {
                state == 2
                    ? "trap"
                    : $0.connectFailed(isLasting: false, random: 1, at: at(1)) == .none ? "-" : "wait"
            }
            note {
                state == 2 ? "trap" : $0.refused(.transient, random: 1, at: at(1)) == .none ? "-" : "wait"
            }
            note {
                $0.transportClosed(.dropped, answered: true, random: 1, at: at(1)) == .none ? "-" : "wait"
            }
            note {
                switch $0.deadlinePassed(hasWork: true, random: 1, at: at(400)) {
                case .connect: "connect"
                case .abandon: "abandon"
                case .none: "-"
                }
            }
            note { $0.credentialReplaced(at: at(1)) == .retryNow ? "retry" : "-" }
            table.append(row)
        }
        #expect(
            table == [
                // work       opened   failed  refused  closed  deadline   credential
                ["connect", "drop", "-", "-", "-", "-", "-"],  // idle
                ["-", "use", "wait", "wait", "-", "abandon", "-"],  // connecting
                ["-", "trap", "trap", "trap", "wait", "-", "-"],  // open
                ["-", "drop", "-", "-", "-", "connect", "-"],  // waiting
                ["-", "drop", "-", "-", "-", "connect", "retry"],  // waiting for a setting
                ["-", "drop", "-", "-", "-", "-", "-"],  // stopped
            ])
    }

    @Test func anOpenConnectionCannotBeOpenedAgain() async {
        await #expect(processExitsWith: .failure) {
            var link = LinkStateMachine()
            _ = link.workAppeared(at: BootTime(nanoseconds: 0))
            _ = link.transportOpened(at: BootTime(nanoseconds: 0))
            _ = link.transportOpened(at: BootTime(nanoseconds: 0))
        }
    }
}

@Suite struct PacerTests {
    private let rate = SampleRate(hertz: 16_000)

    @Test func liveAudioNeverWaits() {
        var pacer = Pacer(rate: rate, at: at(0))
        var now = at(0)
        for _ in 0..<100_000 {
            #expect(pacer.next(at: now) == now)
            pacer.sent(FrameCount(320), at: now)
            now = now + .milliseconds(20)
        }
    }

    @Test(arguments: [320, 4_000]) func aBacklogGoesAtThePace(frames: Int) {
        var pacer = Pacer(rate: rate, at: at(0))
        var now = at(0)
        var sent = 0.0
        while sent < 600 {
            now = pacer.next(at: now)
            pacer.sent(FrameCount(frames), at: now)
            sent += Double(frames) / 16_000
            let elapsed = Double(now.nanoseconds) / 1e9
            #expect(sent <= 0.5 + 1.25 * elapsed + Double(frames) / 16_000 + 1e-6)
        }
        let elapsed = Double(now.nanoseconds) / 1e9
        #expect(sent / elapsed > 1.249)
    }

    @Test func afterADayOfSilenceTheBurstIsStillSmall() {
        var pacer = Pacer(rate: rate, at: at(0))
        let now = at(90_000)
        var sent = 0
        while pacer.next(at: now) == now {
            pacer.sent(FrameCount(320), at: now)
            sent += 1
        }
        #expect(sent == 25)
    }

    @Test func aClockThatStandsStillDoesNotMatter() {
        var pacer = Pacer(rate: rate, at: at(5))
        #expect(pacer.next(at: at(4)) == at(4))
    }
}
