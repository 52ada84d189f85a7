import Audio
import SpeechProtocol
import Testing
import Timeline

/// 1 000 frames a second: a frame is a millisecond.
private let rate = SampleRate(hertz: 1_000)

private func position(_ frames: Int64) -> StreamPosition { StreamPosition(frames: frames) }

@Suite struct ListenSessionTests {
    private func session(channels: Int = 1, confirmed: Int64 = 0) -> ListenSession {
        ListenSession(
            rate: rate, channels: channels,
            edges: ConfirmedEdges(channels: channels, at: position(confirmed)),
            requestID: "r")
    }

    private func result(
        _ range: ClosedRange<Int64>, final: Bool, text: String = "", channel: Int = 0, of count: Int = 1,
        words: [RecognisedWord] = []
    ) -> RecognisedResult {
        RecognisedResult(
            channel: channel, channelCount: count, start: position(range.lowerBound),
            end: position(range.upperBound),
            isFinal: final, speechFinal: false, text: text, confidence: 0, words: words, requestID: "r")
    }

    @Test func resultsLieOnTheSessionsTimeline() {
        var session = session(confirmed: 5_000)
        session.audioSent(FrameCount(2_000), at: position(5_000), now: at(0))
        session.audioSent(FrameCount(1_000), at: position(9_000), now: at(1))
        let message = ListenMessage.results(
            ListenResults(
                start: 1.1999999, duration: 1.3000001, isFinal: true, transcript: "a b", confidence: 0.5,
                words: [
                    .init(word: "a", punctuated: "A", start: 1.2, end: 2.0, confidence: 1, speaker: 3),
                    .init(word: "b", punctuated: nil, start: 2.0, end: 2.5, confidence: 1, speaker: nil),
                ]))
        let expected = RecognisedResult(
            channel: 0, channelCount: 1, start: position(6_200), end: position(9_500), isFinal: true,
            speechFinal: false, text: "a b", confidence: 0.5,
            words: [
                RecognisedWord(
                    word: "a", punctuated: "A", start: position(6_200), end: position(7_000), confidence: 1,
                    speaker: 3),
                RecognisedWord(
                    word: "b", punctuated: "b", start: position(9_000), end: position(9_500), confidence: 1),
            ], requestID: "r")
        #expect(session.messageReceived(message, at: at(2)) == .publish(expected, confirmed: position(9_500)))
        #expect(session.edges.complete == position(9_500))
        #expect(session.hasAnswered)
    }

    @Test func emptyFinalsConfirmAudio() {
        var session = session()
        session.audioSent(FrameCount(1_000), at: position(0), now: at(0))
        let final = ListenMessage.results(ListenResults(start: 0, duration: 1, isFinal: true))
        #expect(
            session.messageReceived(final, at: at(1))
                == .publish(result(0...1_000, final: true), confirmed: position(1_000)))
        #expect(!session.hasAnswered)
    }

    @Test func interimsConfirmNothing() {
        var session = session()
        session.audioSent(FrameCount(1_000), at: position(0), now: at(0))
        let interim = ListenMessage.results(ListenResults(start: 0, duration: 1, transcript: "a"))
        #expect(
            session.messageReceived(interim, at: at(1))
                == .publish(result(0...1_000, final: false, text: "a"), confirmed: position(0)))
        #expect(session.edges.complete == position(0))
    }

    @Test func channelsAreConfirmedTogether() {
        var session = session(channels: 2)
        session.audioSent(FrameCount(2_000), at: position(0), now: at(0))
        for (channel, seconds, complete) in [(0, 2.0, 0), (1, 1.5, 1_500), (0, 1.0, 1_500)] {
            _ = session.messageReceived(
                .results(
                    ListenResults(
                        channel: channel, channelCount: 2, start: 0, duration: seconds, isFinal: true)),
                at: at(1))
            #expect(session.edges.complete == position(Int64(complete)))
        }
    }

    @Test func aServiceThatMixesChannelsConfirmsThemAll() {
        var session = session(channels: 2)
        session.audioSent(FrameCount(2_000), at: position(0), now: at(0))
        _ = session.messageReceived(.results(ListenResults(start: 0, duration: 1, isFinal: true)), at: at(1))
        #expect(session.edges.complete == position(1_000))
    }

    @Test func whatWasFinalBeforeIsNotPublishedAgain() {
        var session = session(confirmed: 1_000)
        // Sent again from the packet that holds the edge.
        session.audioSent(FrameCount(2_000), at: position(900), now: at(0))
        let old = ListenMessage.results(
            ListenResults(start: 0, duration: 0.1, isFinal: true, transcript: "x"))
        #expect(session.messageReceived(old, at: at(1)) == .repeated)
        let new = ListenMessage.results(
            ListenResults(start: 0, duration: 0.101, isFinal: true, transcript: "x"))
        #expect(
            session.messageReceived(new, at: at(1))
                == .publish(result(900...1_001, final: true, text: "x"), confirmed: position(1_001)))
        #expect(session.messageReceived(new, at: at(1)) == .repeated)
    }

    @Test func aResultWithoutLengthConfirmsNoGap() {
        var session = session()
        session.audioSent(FrameCount(1_000), at: position(0), now: at(0))
        session.audioSent(FrameCount(1_000), at: position(5_000), now: at(0))
        let point = ListenMessage.results(
            ListenResults(start: 1, duration: 0, isFinal: true, speechFinal: false))
        #expect(
            session.messageReceived(point, at: at(1))
                == .publish(result(1_000...1_000, final: true), confirmed: position(1_000)))
    }

    @Test func timesBeyondWhatWasSentEndThere() {
        var session = session()
        let wild = ListenMessage.results(ListenResults(start: 8e9, duration: 8e9, isFinal: true))
        #expect(
            session.messageReceived(wild, at: at(0)) == .note("the service sent results before any audio"))
        session.audioSent(FrameCount(10), at: position(0), now: at(0))
        _ = session.messageReceived(wild, at: at(0))
        #expect(session.edges.complete == position(10))
    }

    @Test func keepAliveFollowsTheLastMessageByFourSeconds() {
        var session = session()
        #expect(session.nextDeadline == nil)
        session.audioSent(FrameCount(20), at: position(0), now: at(1))
        session.audioSent(FrameCount(20), at: position(20), now: at(3))
        _ = session.messageReceived(
            .results(ListenResults(start: 0, duration: 0.04, isFinal: true)), at: at(3.5))
        // All is final: the pause calls for nothing.
        #expect(session.deadlinePassed(hasQueued: false, at: at(4.5)) == .none)
        #expect(session.nextDeadline == at(7))
        #expect(session.deadlinePassed(hasQueued: false, at: at(7)) == .send(.keepAlive))
        #expect(session.nextDeadline == at(11))
        #expect(session.deadlinePassed(hasQueued: true, at: at(11)) == .none)
        #expect(session.nextDeadline == at(15))
    }

    @Test func withoutAudioNoKeepAliveIsSaid() {
        var session = session()
        #expect(session.deadlinePassed(hasQueued: false, at: at(1_000)) == .none)
    }

    @Test func finishWaitsForTheAnswersToTheBacklog() {
        var session = session()
        session.audioSent(FrameCount(12_000), at: position(0), now: at(0))
        _ = session.messageReceived(.results(ListenResults(start: 0, duration: 2, isFinal: true)), at: at(1))
        #expect(session.finishRequested(at: at(10)) == .send([.finalize(channel: nil), .closeStream]))
        #expect(!session.takesAudio)
        #expect(session.finishRequested(at: at(10)) == .none)
        // 5 s, and 10 s at 125 % for what is unanswered.
        #expect(session.nextDeadline == at(23))
        #expect(session.expectedFinish(at: at(11)) == at(23))
        _ = session.messageReceived(.results(ListenResults(start: 2, duration: 9, isFinal: true)), at: at(22))
        #expect(session.nextDeadline == at(27))
        #expect(
            session.messageReceived(.metadata(ListenMetadata(duration: 12)), at: at(25))
                == .summary(ListenMetadata(duration: 12)))
        #expect(session.transportClosed(.normal) == .complete(confirmed: position(12_000)))
        #expect(session.transportClosed(.normal) == .none)
    }

    @Test func aServiceThatDoesNotFinishIsLeft() {
        var session = session()
        session.audioSent(FrameCount(1_000), at: position(0), now: at(0))
        _ = session.finishRequested(at: at(10))
        #expect(session.deadlinePassed(hasQueued: false, at: at(15.7)) == .none)
        #expect(session.deadlinePassed(hasQueued: false, at: at(15.8)) == .abandon(.endUnanswered))
        #expect(session.nextDeadline == nil)
    }

    @Test func chatterDoesNotHoldTheEndForEver() {
        var session = session()
        session.audioSent(FrameCount(1_000), at: position(0), now: at(0))
        _ = session.finishRequested(at: at(10))
        for second in 0..<100 {
            _ = session.messageReceived(.unknown(type: "x"), at: at(10 + Double(second)))
        }
        #expect(session.nextDeadline == at(70))
    }

    @Test func onlyASummaryOfEverythingMakesItComplete() {
        for (summary, complete) in [(nil, false), (0.5, false), (1.0, true), (1.2, true)] as [(Double?, Bool)]
        {
            var session = session()
            session.audioSent(FrameCount(1_000), at: position(0), now: at(0))
            _ = session.finishRequested(at: at(0))
            if let summary {
                _ = session.messageReceived(.metadata(ListenMetadata(duration: summary)), at: at(0))
            }
            #expect(
                session.transportClosed(.normal) == (complete ? .complete(confirmed: position(1_000)) : .lost)
            )
        }
    }

    @Test func withoutAudioCloseStreamIsEnough() {
        var session = session(confirmed: 7)
        #expect(session.finishRequested(at: at(0)) == .send([.closeStream]))
        #expect(session.transportClosed(.noStatus) == .complete(confirmed: position(7)))
    }

    @Test func aCloseOutOfTheBlueLosesWhatIsNotFinal() {
        var session = session()
        session.audioSent(FrameCount(1_000), at: position(0), now: at(0))
        _ = session.messageReceived(.metadata(ListenMetadata(duration: 1)), at: at(0))
        #expect(session.transportClosed(.clientSilent) == .lost)
        #expect(session.edges.complete == position(0))
    }

    @Test func everyEventHasItsAnswerInEveryState() {
        var table: [[String]] = []
        for state in 0...2 {
            var row: [String] = []
            func note(_ event: (inout ListenSession) -> String) {
                var session = session()
                session.audioSent(FrameCount(1_000), at: position(0), now: at(0))
                if state == 1 { _ = session.finishRequested(at: at(0)) }
                if state == 2 { _ = session.transportClosed(.dropped) }
                row.append(event(&session))
            }
            note { session in session.takesAudio ? "audio" : "-" }
            note { session in
                session.messageReceived(.results(ListenResults(start: 0, duration: 1)), at: at(1)) == .none
                    ? "-" : "publish"
            }
            note { session in
                switch session.deadlinePassed(hasQueued: false, at: at(90)) {
                case .send(let command): "\(command)"
                case .abandon: "abandon"
                case .none: "-"
                }
            }
            note { session in session.finishRequested(at: at(1)) == .none ? "-" : "finish" }
            note { session in session.transportClosed(.dropped) == .none ? "-" : "lost" }
            table.append(row)
        }
        #expect(
            table == [
                ["audio", "publish", "finalize(channel: nil)", "finish", "lost"],  // open
                ["-", "publish", "abandon", "-", "lost"],  // closing
                ["-", "-", "-", "-", "-"],  // ended
            ])
    }

    @Test func otherMessagesArePassedOn() {
        var session = session()
        session.audioSent(FrameCount(1_000), at: position(100), now: at(0))
        #expect(
            session.messageReceived(.speechStarted(channel: 0, seconds: 0.5), at: at(0))
                == .speechStarted(channel: 0, at: position(600)))
        #expect(
            session.messageReceived(.utteranceEnd(channel: 0, seconds: nil), at: at(0))
                == .utteranceEnded(channel: 0, at: nil))
        let notice = ServiceNotice(code: "c", description: "d")
        #expect(session.messageReceived(.error(notice), at: at(0)) == .error(notice))
        #expect(session.messageReceived(.configureFailure(notice), at: at(0)) == .warning(notice))
        #expect(notice.sentence == "d (c)")
    }
}
