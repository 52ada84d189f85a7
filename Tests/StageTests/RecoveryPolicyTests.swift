import ALSA
import DeviceRecovery
import Glibc
import Testing

@Suite("The recovery policy") struct RecoveryPolicyTests {
    @Test(
        "says what each trouble calls for",
        arguments: [
            (PCMTrouble.xrun, RecoveryPolicy.OnTrouble.recover),
            (.suspended, .recover),
            (.gone(code: -ENODEV), .reopen),
            (.gone(code: -EBADFD), .reopen),
            (.gone(code: -EIO), .reopen),
            (.gone(code: -ECONNREFUSED), .reopen),
        ])
    func trouble(_ trouble: PCMTrouble, _ action: RecoveryPolicy.OnTrouble) {
        var policy = RecoveryPolicy()
        let answer = policy.troubled(trouble)
        #expect(answer == action)
    }

    @Test(
        "says what each end of a recovery calls for",
        arguments: [
            (RecoverOutcome.prepared, RecoveryPolicy.OnRecovered.start),
            (.running, .proceed),
            (.notYet, .recoverAgain(afterMilliseconds: 100)),
            (.failed(code: -ENODEV), .reopen),
        ])
    func recovered(_ outcome: RecoverOutcome, _ action: RecoveryPolicy.OnRecovered) {
        var policy = RecoveryPolicy()
        let answer = policy.recovered(outcome)
        #expect(answer == action)
    }

    @Test("gives a handle up that overruns again and again without a frame in between")
    func barrenXruns() {
        var policy = RecoveryPolicy()
        let answers = (1...5).map { _ in policy.troubled(.xrun) }
        #expect(answers == [.recover, .recover, .recover, .recover, .reopen])
    }

    @Test("forgives any number of overruns with frames in between")
    func fruitfulXruns() {
        var policy = RecoveryPolicy()
        for _ in 1...100 {
            let answer = policy.troubled(.xrun)
            #expect(answer == .recover)
            policy.framesMoved()
        }
    }

    @Test("waits five seconds for a device to wake, then opens it afresh")
    func wakingDevice() {
        var policy = RecoveryPolicy()
        let answers = (1...50).map { _ in policy.recovered(.notYet) }
        #expect(answers.dropLast().allSatisfy { $0 == .recoverAgain(afterMilliseconds: 100) })
        #expect(answers.last == .reopen)
    }

    @Test("pauses longer and longer before opening, until frames move; opening alone proves nothing")
    func pauses() {
        var policy = RecoveryPolicy()
        var pauses = (1...4).map { _ in policy.openPause() }
        #expect(pauses == [250, 500, 800, 800])
        policy.opened()
        pauses = [policy.openPause()]
        #expect(pauses == [800])
        policy.framesMoved()
        pauses = [policy.openPause()]
        #expect(pauses == [250])
    }

    @Test("the pauses leave room for the second that a replug may cost")
    func pausesAndTheSecond() {
        #expect((RecoveryLimits.openPausesMilliseconds.max() ?? 0) <= 800)
        #expect(RecoveryLimits.openPausesMilliseconds == RecoveryLimits.openPausesMilliseconds.sorted())
    }

    @Test(
        "hang and wait limits follow the period",
        arguments: [
            (Int64(10_000_000), Int64(500_000_000), Int32(20)), (20_000_000, 500_000_000, 40),
            (100_000_000, 1_000_000_000, 200), (1_000_000_000, 10_000_000_000, 250),
            (1_000_000, 500_000_000, 20),
        ])
    func limits(period: Int64, hang: Int64, wait: Int32) {
        #expect(RecoveryLimits.hangNanoseconds(periodNanoseconds: period) == hang)
        #expect(RecoveryLimits.waitMilliseconds(periodNanoseconds: period) == wait)
        #expect(Int64(wait) * 1_000_000 < hang)
    }
}
