import Audio
import Liveness
import Testing
import Timeline

@Suite struct VitalWatchTests {
    @Test func aHealthyAgentHearsNothingOfIt() {
        var body = Body()
        body.live(1, times: 600)
        #expect(body.verdict == Verdict())
        #expect(body.orders.isEmpty)
    }

    @Test func aCaptureThreadThatMakesNoProgressGoesThroughAllStages() {
        var body = Body()
        body.health.captureMoves = false
        body.live(1, times: 60)
        #expect(
            body.history == [
                "capture reopenDevice 8", "capture reenumerate 13", "capture rebuildStage 18",
                "capture restartProcess 28",
            ])
        #expect(body.lastPet == 27)
        #expect(body.verdict.findings == [Finding(organ: .capture, stage: .restartProcess)])
    }

    @Test func whatHelpsEndsTheEscalation() {
        var body = Body()
        body.health.captureMoves = false
        body.live(1, times: 9)
        #expect(body.verdict.findings == [Finding(organ: .capture, stage: .reopenDevice)])
        body.health.captureMoves = true
        body.live(1, times: 31)
        #expect(body.verdict == Verdict())
        // The next illness begins mildly.
        body.health.captureMoves = false
        body.live(1, times: 10)
        #expect(body.history == ["capture reopenDevice 8", "capture reopenDevice 48"])
    }

    @Test func aRelapseIsTreatedMoreHarshly() {
        var body = Body()
        for _ in 0..<4 {
            body.health.captureMoves = false
            body.live(1, times: 8)
            body.health.captureMoves = true
            body.live(1, times: 20)
        }
        #expect(
            body.history == [
                "capture reopenDevice 8", "capture reenumerate 36", "capture rebuildStage 64",
                "capture restartProcess 92",
            ])
        // An end that does not come by itself is seen to by the watchdog, whatever has recovered meanwhile.
        body.live(1, times: 100)
        #expect(!body.verdict.mayPet)
    }

    @Test(arguments: [VitalSigns.DeviceState.stopped, .recovering])
    func aDeviceInAnyStateButWaitingMustMove(state: VitalSigns.DeviceState) {
        var body = Body()
        body.change { $0.capture.state = state }
        body.live(1, times: 60)
        #expect(body.history.last == "capture restartProcess 28")
    }

    @Test func aMissingMicrophoneIsNoIllness() {
        var body = Body()
        body.live(1, times: 10)
        body.change { $0.capture.state = .waiting }
        body.live(1, times: 86_400)
        #expect(body.orders.isEmpty)
        #expect(body.verdict == Verdict())
    }

    @Test func aDeviceThatOpensAndNeverDeliversIsAnIllness() {
        var body = Body()
        body.health.captureMoves = false
        for second in 0..<120 {
            body.change { $0.capture.state = second % 2 == 0 ? .running : .waiting }
            body.live(1)
        }
        #expect(body.history.first == "capture reopenDevice 15")
        #expect(body.history.last == "capture restartProcess 55")
    }

    @Test func aSpeakerThatTakesNothingIsNoReasonToStopHearing() {
        var body = Body()
        body.health.playbackMoves = false
        body.live(1, times: 150)
        #expect(
            body.history == [
                "playback reopenDevice 8", "playback reenumerate 13", "playback rebuildStage 18",
                "playback rebuildStage 78", "playback rebuildStage 138",
            ])
        #expect(body.verdict.mayPet)
        #expect(body.verdict.findings == [Finding(organ: .playback, stage: .rebuildStage)])
    }

    @Test func anUplinkThatStandsStillIsRebuiltThenRestarted() {
        var body = Body(speaker: false)
        body.health.uplinkMoves = false
        body.live(1, times: 30)
        #expect(body.history == ["uplink rebuildStage 8", "uplink restartProcess 18"])
        #expect(!body.verdict.mayPet)
    }

    @Test func withoutFramesTheUplinkHasNothingToDo() {
        var body = Body()
        body.change { $0.capture.state = .waiting }
        body.health.uplinkMoves = false
        body.live(1, times: 3_600)
        #expect(body.orders.isEmpty)
    }

    @Test func loopsThatDoNotTurnEndThePetting() {
        for organ in [Organ.link, .control] {
            var body = Body()
            if organ == .link { body.health.linkTurns = false } else { body.health.controlTurns = false }
            body.live(1, times: 20)
            #expect(body.history == ["\(organ) restartProcess 10"])
            #expect(body.lastPet == 9)
        }
    }

    @Test func aDyingDiskIsReportedAndNotCuredByKilling() {
        var body = Body()
        body.change { $0.disk = .troubled }
        body.live(1, times: 86_400)
        #expect(body.orders.isEmpty)
        #expect(body.verdict.mayPet)
        #expect(body.verdict.findings == [Finding(organ: .disk, stage: nil)])
        body.change { $0.disk = .well }
        body.live(1)
        #expect(body.verdict == Verdict())
    }

    @Test func offlineIsNoIllnessAndRefusedIsForAPerson() {
        var body = Body()
        body.change { $0.link = .offline }
        body.live(1, times: 3_600)
        #expect(body.verdict == Verdict())
        body.change { $0.link = .refused }
        body.live(1, times: 3_600)
        #expect(body.verdict.findings == [Finding(organ: .link, stage: nil)])
        #expect(body.verdict.mayPet)
        #expect(body.orders.isEmpty)
    }

    @Test func aNightAsleepIsNoIllness() {
        var body = Body()
        body.live(1, times: 10)
        body.suspend(8 * 3_600)
        #expect(body.verdict == Verdict())
        body.live(1, times: 10)
        #expect(body.orders.isEmpty)
    }

    @Test func countersThatBeginAnewAreNoStandstill() {
        var body = Body()
        body.live(1, times: 100)
        body.change {
            $0.capture.frames = 0
            $0.linkTurns = 0
        }
        body.live(1, times: 10)
        #expect(body.orders.isEmpty)
    }

    @Test func everyFindingSaysWhatIsWrongAndWhatToDo() {
        for organ in Organ.allCases {
            for stage in [nil] + RecoveryStage.allCases {
                let finding = Finding(organ: organ, stage: stage)
                #expect(!finding.sentence.isEmpty && !finding.remedy.isEmpty)
            }
        }
    }
}
