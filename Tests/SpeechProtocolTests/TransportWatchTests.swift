import SpeechProtocol
import Testing
import Timeline

@Suite struct TransportWatchTests {
    /// A watch whose first ping was answered at once, at 0.
    private func answered() -> TransportWatch {
        var watch = TransportWatch(at: at(0))
        #expect(watch.deadlinePassed(at: at(0)) == .ping)
        watch.pongReceived(at: at(0))
        return watch
    }

    @Test func theFirstPingGoesAtOnceToLearnWhetherThereArePongs() {
        var watch = TransportWatch(at: at(5))
        #expect(watch.nextDeadline == at(5))
        #expect(watch.deadlinePassed(at: at(5)) == .ping)
        #expect(watch.nextDeadline == at(7.5))
        #expect(!watch.hasSeenPong)
        watch.pongReceived(at: at(5.1))
        #expect(watch.hasSeenPong)
    }

    @Test func aPeerThatStopsIsNoticedWithinFiveSeconds() {
        var watch = answered()
        var now = at(0)
        // Results come until 20 s, audio goes on.
        var end: TransportWatch.OnDeadline = .none
        while now < at(60), end == .none {
            now = now + .milliseconds(20)
            watch.bytesHandedOver(86, isAudio: true, at: now)
            watch.bytesLeft(86, at: now)
            if now <= at(20), now.nanoseconds % 1_000_000_000 == 0 { watch.dataReceived(at: now) }
            guard let deadline = watch.nextDeadline, deadline <= now else { continue }
            switch watch.deadlinePassed(at: now) {
            case .ping: #expect(now == at(22))
            case let action: end = action
            }
        }
        #expect(end == .abandon(.peerFrozen))
        #expect(now - at(20) <= .seconds(5))
    }

    @Test func bytesThatDoNotLeaveAreNoticedWithinFiveSeconds() {
        var watch = answered()
        watch.bytesHandedOver(1_000, isAudio: true, at: at(10))
        watch.bytesLeft(400, at: at(11))
        watch.bytesHandedOver(1_000, isAudio: true, at: at(12))
        watch.dataReceived(at: at(14))
        #expect(watch.nextDeadline == at(15))
        #expect(watch.deadlinePassed(at: at(14.9)) == .none)
        #expect(watch.deadlinePassed(at: at(15)) == .abandon(.sendingStuck))
    }

    @Test func slowIsNotStuck() {
        var watch = answered()
        for second in 1...100 {
            watch.bytesHandedOver(10_000, isAudio: true, at: at(Double(second)))
            watch.bytesLeft(500, at: at(Double(second)))
            watch.dataReceived(at: at(Double(second)))
            #expect(watch.deadlinePassed(at: at(Double(second))) == .none)
        }
    }

    @Test func aPingBehindBytesThatLeaveSlowlyIsWaitedFor() {
        var watch = answered()
        watch.bytesHandedOver(50_000, isAudio: true, at: at(1))
        for second in 1...9 {
            watch.bytesLeft(5_000, at: at(Double(second)))
            let action = watch.deadlinePassed(at: at(Double(second)))
            #expect(action == (second == 2 ? .ping : .none))
            if second == 2 { watch.bytesHandedOver(6, isAudio: false, at: at(2)) }
        }
        watch.bytesLeft(5_000, at: at(10))
        #expect(watch.deadlinePassed(at: at(12.4)) == .none)
        #expect(watch.deadlinePassed(at: at(12.5)) == .abandon(.peerFrozen))
    }

    @Test func anythingReceivedAnswersAPing() {
        var watch = answered()
        watch.bytesHandedOver(86, isAudio: true, at: at(1))
        watch.bytesLeft(86, at: at(1))
        #expect(watch.deadlinePassed(at: at(2)) == .ping)
        watch.dataReceived(at: at(4))
        #expect(watch.deadlinePassed(at: at(4.5)) == .none)
    }

    /// Pings sent from 0 to `end`, when something comes back after each `answer`, audio goes every 20 ms.
    private func pings(until end: Double, audio: Bool, data: Double?) -> Int {
        var watch = answered()
        var count = 0
        for step in 1...Int(end * 50) {
            let now = at(Double(step) / 50)
            if audio {
                watch.bytesHandedOver(86, isAudio: true, at: now)
                watch.bytesLeft(86, at: now)
            }
            if let data, step % Int(data * 50) == 0 { watch.dataReceived(at: now) }
            switch watch.deadlinePassed(at: now) {
            case .ping:
                count += 1
                watch.pongReceived(at: now)
            case .abandon: Issue.record("given up at \(now)")
            case .none: break
            }
        }
        return count
    }

    @Test func whileDataComesNothingIsPinged() { #expect(pings(until: 600, audio: true, data: 1) == 0) }

    @Test func inSilenceAQuietServiceIsPingedEveryTwoSeconds() {
        #expect((295...300).contains(pings(until: 600, audio: true, data: nil)))
    }

    @Test func withoutAudioPingsAreRare() { #expect(pings(until: 600, audio: false, data: nil) == 40) }

    @Test func aHostWithoutPongsIsTrustedLessAfterThreeLossesAndOnlyThen() {
        var trust = PongTrust()
        for loss in 1...3 {
            #expect(trust.expectsPongs)
            var watch = TransportWatch(expectsPongs: trust.expectsPongs, at: at(0))
            #expect(watch.deadlinePassed(at: at(0)) == .ping)
            #expect(watch.deadlinePassed(at: at(2.5)) == .abandon(.peerFrozen))
            #expect(trust.connectionEnded(watch, .peerFrozen) == (loss == 3 ? .trustLost : .none))
        }
        var watch = TransportWatch(expectsPongs: trust.expectsPongs, at: at(0))
        #expect(watch.deadlinePassed(at: at(0)) == .ping)
        watch.bytesHandedOver(86, isAudio: true, at: at(1))
        #expect(watch.nextDeadline == at(5))
        watch.bytesLeft(86, at: at(1))
        #expect(watch.nextDeadline == nil)
        // The one ping at the start is answered after all: a proxy was replaced.
        watch.pongReceived(at: at(2))
        #expect(trust.pongReceived() == .trustRegained)
        #expect(trust.pongReceived() == .none)
        #expect(trust.expectsPongs)
    }

    @Test func aHostThatFreezesAfterAPongStaysTrusted() {
        var trust = PongTrust()
        for _ in 1...10 {
            var watch = answered()
            #expect(trust.pongReceived() == .none)
            #expect(watch.deadlinePassed(at: at(15)) == .ping)
            #expect(watch.deadlinePassed(at: at(17.5)) == .abandon(.peerFrozen))
            #expect(trust.connectionEnded(watch, .peerFrozen) == .none)
        }
        #expect(trust.expectsPongs)
    }

    @Test func whatIsOursSaysWhatToDo() {
        for cause in [CloseCause.peerFrozen, .sendingStuck, .serviceUnanswering, .endUnanswered] {
            #expect(cause.isOurs)
            #expect(cause.remedy != nil)
            #expect(!cause.sentence.isEmpty)
        }
        #expect(!CloseCause.dropped.isOurs)
    }
}
