import Liveness
import Testing
import Timeline

private func at(_ seconds: Int) -> BootTime { BootTime(nanoseconds: Int64(seconds) * 1_000_000_000) }

@Suite struct MicrophoneCheckTests {
    private let room = MicrophoneCheck.Second(
        offset: 0.001, spread: 900, isZero: false, clippedShare: 0, humShare: 0.05)
    private let zeros = MicrophoneCheck.Second(
        offset: 0, spread: 0, isZero: true, clippedShare: 0, humShare: 0)

    @Test func nothingIsSaidBeforeSomethingIsHeard() {
        var check = MicrophoneCheck()
        #expect(check.condition == .unknown)
        for _ in 0..<3 { check.heard(room) }
        #expect(check.condition == .well)
    }

    @Test func noFramesForFiveSecondsAreAnIllnessUntilTheNextOnes() {
        var check = MicrophoneCheck()
        for _ in 0..<3 { check.heard(room) }
        check.timePassed(framesCame: true, at: at(0))
        for second in 1...4 { check.timePassed(framesCame: false, at: at(second)) }
        #expect(check.condition == .well)
        check.timePassed(framesCame: false, at: at(5))
        #expect(check.condition == .noFrames)
        check.timePassed(framesCame: true, at: at(6))
        #expect(check.condition == .well)
    }

    @Test func aDeviceThatNeverDeliversIsFoundToo() {
        var check = MicrophoneCheck()
        for second in 100...105 { check.timePassed(framesCame: false, at: at(second)) }
        #expect(check.condition == .noFrames)
    }

    @Test func aNightAsleepIsNoLackOfFrames() {
        var check = MicrophoneCheck()
        for _ in 0..<3 { check.heard(room) }
        check.timePassed(framesCame: true, at: at(0))
        check.timePassed(framesCame: false, at: at(30_000))
        #expect(check.condition == .well)
    }

    @Test func theWorstIsSaid() {
        var check = MicrophoneCheck()
        let bad = MicrophoneCheck.Second(
            offset: 0.3, spread: 40_000, isZero: false, clippedShare: 0.1, humShare: 0.9)
        for _ in 0..<20 { check.heard(bad) }
        #expect(check.condition == .clipping)
        // The device begins to deliver zeros: all habits of before fade in their time.
        for _ in 0..<10 { check.heard(zeros) }
        #expect(check.condition == .digitalZero)
    }

    @Test func whatComesAndGoesDoesNotFlicker() {
        var check = MicrophoneCheck()
        for _ in 0..<10 { check.heard(zeros) }
        var changes = 0
        var last = check.condition
        for second in 0..<600 {
            check.heard(second % 8 == 0 ? room : zeros)
            if check.condition != last { changes += 1 }
            last = check.condition
        }
        #expect(changes <= 1)
    }

    @Test func anotherDeviceIsUnknown() {
        var check = MicrophoneCheck()
        for _ in 0..<10 { check.heard(zeros) }
        check.deviceChanged()
        #expect(check.condition == .unknown)
        check.timePassed(framesCame: false, at: at(54))
        #expect(check.condition == .unknown)
    }

    @Test func everyConditionHasItsSentenceAndTheBadOnesARemedy() {
        for condition in MicrophoneCondition.allCases {
            #expect(!condition.sentence.isEmpty)
            #expect((condition.remedy == nil) == (condition == .well || condition == .unknown))
        }
    }
}
