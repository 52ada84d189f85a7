import SpeechProtocol
import Testing
import Timeline

@Suite struct SpeakSessionTests {
    private func open(keepWarm: Bool = false, at now: BootTime = at(0)) -> SpeakSession {
        var session = SpeakSession(keepWarm: keepWarm)
        session.connectionOpened(at: now)
        return session
    }

    private let one = UtteranceID(1)
    private let two = UtteranceID(2)

    @Test func aTextIsSpokenPieceByPiece() {
        var session = open()
        #expect(session.utteranceQueued(one, text: "Hello there. How are you?", at: at(0)) == .accepted)
        #expect(session.nextStep(at: at(0)) == .send([.speak("Hello there."), .flush]))
        #expect(session.nextStep(at: at(0)) == .wait(until: at(15)))
        #expect(session.audioReceived(at: at(1)) == .deliver(one))
        #expect(session.messageReceived(.flushed, at: at(1)) == .audioComplete)
        #expect(session.nextStep(at: at(1)) == .send([.speak("How are you?"), .flush]))
        #expect(session.audioReceived(at: at(2)) == .deliver(one))
        _ = session.messageReceived(.flushed, at: at(2))
        #expect(session.nextStep(at: at(2)) == .ended(one, .spoken))
        #expect(session.nextStep(at: at(2)) == .wait(until: at(12)))
    }

    @Test func textWaitsWhileMuchIsStillToBeHeard() {
        var session = open()
        _ = session.utteranceQueued(one, text: "Hello.", at: at(0))
        session.queuedAudioChanged(.seconds(10))
        guard case .wait = session.nextStep(at: at(0)) else {
            Issue.record("did not wait")
            return
        }
        session.queuedAudioChanged(.seconds(9.9))
        #expect(session.nextStep(at: at(0)) == .send([.speak("Hello."), .flush]))
    }

    @Test func cancelSilencesAtOnce() {
        var session = open()
        _ = session.utteranceQueued(one, text: "Hello.", at: at(0))
        _ = session.utteranceQueued(two, text: "More.", at: at(0))
        _ = session.nextStep(at: at(0))
        _ = session.audioReceived(at: at(0))
        session.cancelled(at: at(1))
        #expect(session.audioReceived(at: at(1)) == .discard)
        #expect(session.nextStep(at: at(1)) == .ended(one, .cancelled))
        #expect(session.nextStep(at: at(1)) == .ended(two, .cancelled))
        #expect(session.nextStep(at: at(1)) == .send([.clear]))
        // New text waits for the answer, so that no old audio passes for new.
        _ = session.utteranceQueued(UtteranceID(3), text: "Yes?", at: at(1))
        #expect(session.nextStep(at: at(1)) == .wait(until: at(16)))
        #expect(session.audioReceived(at: at(1)) == .discard)
        #expect(session.messageReceived(.cleared, at: at(2)) == .audioComplete)
        #expect(session.nextStep(at: at(2)) == .send([.speak("Yes?"), .flush]))
        // The Flushed of what was cleared comes late; it must not end the new text.
        #expect(session.messageReceived(.flushed, at: at(2)) == .none)
        #expect(session.audioReceived(at: at(2)) == .deliver(UtteranceID(3)))
        _ = session.messageReceived(.flushed, at: at(3))
        #expect(session.nextStep(at: at(3)) == .ended(UtteranceID(3), .spoken))
    }

    @Test func cancelWithNothingAtTheServiceSaysNothing() {
        var session = open()
        session.cancelled(at: at(0))
        #expect(session.nextStep(at: at(0)) == .wait(until: at(10)))
    }

    @Test func whatHadNotBegunToSoundIsSaidAgainOnce() {
        var session = open()
        _ = session.utteranceQueued(one, text: "Hello.", at: at(0))
        _ = session.nextStep(at: at(0))
        #expect(session.connectionClosed(at: at(1)) == .lost)
        #expect(session.wantsConnection)
        session.connectionOpened(at: at(2))
        #expect(session.nextStep(at: at(2)) == .send([.speak("Hello."), .flush]))
        #expect(session.connectionClosed(at: at(3)) == .lost)
        #expect(session.nextStep(at: at(3)) == .ended(one, .interrupted))
        #expect(!session.wantsConnection)
    }

    @Test func whatHadBegunToSoundIsNotSaidTwice() {
        var session = open()
        _ = session.utteranceQueued(one, text: "Hello.", at: at(0))
        _ = session.utteranceQueued(two, text: "More.", at: at(0))
        _ = session.nextStep(at: at(0))
        _ = session.audioReceived(at: at(0))
        _ = session.connectionClosed(at: at(1))
        #expect(session.nextStep(at: at(1)) == .ended(one, .interrupted))
        session.connectionOpened(at: at(2))
        #expect(session.nextStep(at: at(2)) == .send([.speak("More."), .flush]))
    }

    @Test func anUnreachableServiceIsToldAfterHalfAMinute() {
        var session = SpeakSession(keepWarm: false)
        #expect(!session.wantsConnection)
        _ = session.utteranceQueued(one, text: "Hello.", at: at(5))
        #expect(session.wantsConnection)
        #expect(session.nextStep(at: at(5)) == .wait(until: at(35)))
        #expect(session.nextStep(at: at(35)) == .ended(one, .unreachable))
        #expect(session.nextStep(at: at(35)) == .wait(until: nil))
    }

    @Test func aRefusalIsToldAtOnce() {
        var session = SpeakSession(keepWarm: false)
        _ = session.utteranceQueued(one, text: "Hello.", at: at(0))
        session.connectionRefused(sentence: "no")
        #expect(session.nextStep(at: at(0)) == .ended(one, .refused(sentence: "no")))
    }

    @Test func connectionsOnDemandCloseWhenIdle() {
        var session = open()
        #expect(session.nextStep(at: at(0)) == .wait(until: at(10)))
        #expect(session.nextStep(at: at(10)) == .send([.close]))
        #expect(session.nextStep(at: at(10)) == .wait(until: at(12)))
        #expect(session.connectionClosed(at: at(11)) == .finished)
        #expect(!session.wantsConnection)
    }

    @Test func warmConnectionsAreRenewedBeforeTheHour() {
        var session = open(keepWarm: true)
        #expect(session.nextStep(at: at(0)) == .wait(until: at(3_300)))
        #expect(session.nextStep(at: at(3_300)) == .send([.close]))
        #expect(session.connectionClosed(at: at(3_301)) == .finished)
        #expect(session.wantsConnection)
    }

    @Test func anUtteranceIsNotTornAtFiftyFiveMinutesButAtFiftyEight() {
        var session = open(keepWarm: true)
        let long = (0..<100).map { "This is sentence number \($0) of a long and winding text." }
        _ = session.utteranceQueued(one, text: long.joined(separator: " "), at: at(3_290))
        var sent = 0
        for second in stride(from: 3_290.0, to: 3_600, by: 30) {
            switch session.nextStep(at: at(second)) {
            case .send([.close]):
                #expect(second == 3_500)
                return
            case .send:
                sent += 1
                _ = session.audioReceived(at: at(second))
                _ = session.messageReceived(.flushed, at: at(second))
            case .abandon, .ended, .wait: Issue.record("no text went out at \(second)")
            }
            #expect(second < 3_480)
        }
        Issue.record("the connection was never renewed; \(sent) pieces went out")
    }

    @Test func aSilentServiceIsLeftAndToldOfOnce() {
        var session = open()
        _ = session.utteranceQueued(one, text: "Hello.", at: at(0))
        _ = session.nextStep(at: at(0))
        #expect(session.nextStep(at: at(15)) == .abandon)
        session.connectionOpened(at: at(16))
        _ = session.nextStep(at: at(16))
        #expect(session.nextStep(at: at(31)) == .abandon)
        #expect(session.nextStep(at: at(31)) == .ended(one, .interrupted))
    }

    @Test func twentyFlushesAMinuteAreTheMost() {
        var session = open(keepWarm: true)
        for number in 0..<25 {
            _ = session.utteranceQueued(UtteranceID(UInt64(number)), text: "Yes.", at: at(0))
        }
        var flushes = 0
        while true {
            switch session.nextStep(at: at(0)) {
            case .send:
                flushes += 1
                _ = session.audioReceived(at: at(0))
                _ = session.messageReceived(.flushed, at: at(0))
                continue
            case .ended: continue
            case .wait(let until): #expect(until == at(61))
            case .abandon: Issue.record("abandoned")
            }
            break
        }
        #expect(flushes == 20)
    }

    @Test func stopSpeaksWhatIsQueuedAndCloses() {
        var session = open(keepWarm: true)
        _ = session.utteranceQueued(one, text: "Hello.", at: at(0))
        session.stopRequested()
        #expect(session.utteranceQueued(two, text: "More.", at: at(0)) == .stopping)
        #expect(session.nextStep(at: at(0)) == .send([.speak("Hello."), .flush]))
        _ = session.audioReceived(at: at(0))
        _ = session.messageReceived(.flushed, at: at(1))
        #expect(session.nextStep(at: at(1)) == .ended(one, .spoken))
        #expect(session.nextStep(at: at(1)) == .send([.close]))
        #expect(!session.isFinished)
        _ = session.connectionClosed(at: at(2))
        #expect(session.isFinished && !session.wantsConnection)
    }

    @Test func tooMuchTextIsRefused() {
        var session = SpeakSession(keepWarm: false)
        #expect(
            session.utteranceQueued(one, text: String(repeating: "a", count: 100_001), at: at(0)) == .tooLong)
        for number in 0..<256 {
            #expect(session.utteranceQueued(UtteranceID(number), text: "a", at: at(0)) == .accepted)
        }
        #expect(session.utteranceQueued(one, text: "a", at: at(0)) == .full)
    }

    @Test func aTextWithNothingToSayEndsAtOnce() {
        var session = SpeakSession(keepWarm: false)
        #expect(session.utteranceQueued(one, text: " \n", at: at(0)) == .accepted)
        #expect(!session.wantsConnection)
        #expect(session.nextStep(at: at(0)) == .ended(one, .spoken))
    }

    @Test func everyEventHasItsAnswerInEveryState() {
        var table: [[String]] = []
        for state in 0...4 {
            var row: [String] = []
            func note(_ event: (inout SpeakSession) -> String) {
                var session = SpeakSession(keepWarm: true)
                if state > 0 { session.connectionOpened(at: at(0)) }
                if state == 2 || state == 3 {
                    _ = session.utteranceQueued(one, text: "Hello.", at: at(0))
                    _ = session.nextStep(at: at(0))
                }
                if state == 3 {
                    session.cancelled(at: at(0))
                    _ = session.nextStep(at: at(0))
                    _ = session.nextStep(at: at(0))
                }
                if state == 4 { _ = session.nextStep(at: at(3_300)) }
                row.append(event(&session))
            }
            note { $0.wantsConnection ? "wants" : "-" }
            note { $0.audioReceived(at: at(1)) == .discard ? "discard" : "deliver" }
            note { $0.messageReceived(.flushed, at: at(1)) == .audioComplete ? "complete" : "-" }
            note { $0.messageReceived(.cleared, at: at(1)) == .audioComplete ? "complete" : "-" }
            note { $0.connectionClosed(at: at(1)) == .finished ? "finished" : "lost" }
            note { session in
                session.cancelled(at: at(1))
                var step = session.nextStep(at: at(1))
                while case .ended = step { step = session.nextStep(at: at(1)) }
                return step == .send([.clear]) ? "clear" : "-"
            }
            note { session in
                switch session.nextStep(at: at(3_400)) {
                case .send([.close]): "close"
                case .abandon: "abandon"
                case .send, .ended: "?"
                case .wait: "wait"
                }
            }
            table.append(row)
        }
        #expect(
            table == [
                ["wants", "discard", "-", "-", "lost", "-", "wait"],  // closed
                ["-", "discard", "-", "-", "lost", "-", "close"],  // ready
                ["-", "deliver", "complete", "-", "lost", "clear", "abandon"],  // speaking
                ["-", "discard", "-", "complete", "lost", "-", "abandon"],  // clearing
                ["-", "discard", "-", "-", "finished", "-", "abandon"],  // closing
            ])
    }
}

extension UtteranceID {
    fileprivate init(_ value: Int) { self.init(UInt64(value)) }
}
