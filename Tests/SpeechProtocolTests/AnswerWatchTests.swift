import Audio
import SpeechProtocol
import Testing
import Timeline

/// A second of audio is 50 packets of 20 frames: a frame is a millisecond.
private let rate = SampleRate(hertz: 1_000)

/// A service of few words, in virtual time: what it says to the audio it received.
private struct Service {
    /// Seconds of audio after which it sends an empty final of its own accord.
    var finalEvery: Double?
    var answersFinalize = true
    /// From this time on it takes everything and says nothing.
    var silentFrom = Double.infinity
    private var final = 0.0

    init(finalEvery: Double? = nil, answersFinalize: Bool = true, silentFrom: Double = .infinity) {
        self.finalEvery = finalEvery
        self.answersFinalize = answersFinalize
        self.silentFrom = silentFrom
    }

    mutating func heard(_ seconds: Double, at now: Double) -> ListenResults? {
        guard let finalEvery, now < silentFrom, seconds - final >= finalEvery else { return nil }
        return makeFinal(seconds, fromFinalize: false)
    }

    mutating func finalizeAsked(_ seconds: Double, at now: Double) -> ListenResults? {
        answersFinalize && now < silentFrom ? makeFinal(seconds, fromFinalize: true) : nil
    }

    private mutating func makeFinal(_ seconds: Double, fromFinalize: Bool) -> ListenResults {
        defer { final = seconds }
        return ListenResults(
            start: final, duration: seconds - final, isFinal: true, fromFinalize: fromFinalize)
    }
}

/// A session and its service, one packet after the other.
private struct Conversation {
    var session = ListenSession(
        rate: rate, channels: 1, edges: ConfirmedEdges(channels: 1), requestID: nil)
    var service: Service
    var now = 0.0
    var sent: Int64 = 0
    var finalizes = 0
    var keepAlives = 0
    var end: CloseCause?

    init(_ service: Service) { self.service = service }

    private var seconds: Double { Double(sent) / 1_000 }

    /// `seconds` pass, with audio at `pace` × real time or, with 0, without.
    mutating func pass(_ seconds: Double, pace: Double = 1) {
        let step = pace > 0 ? 0.02 / pace : 0.02
        let until = now + seconds
        while now + step <= until + 1e-9, end == nil {
            now += step
            if pace > 0 {
                session.audioSent(FrameCount(20), at: StreamPosition(frames: sent), now: at(now))
                sent += 20
                answer(service.heard(self.seconds, at: now))
            }
            while end == nil, let deadline = session.nextDeadline, deadline <= at(now) {
                switch session.deadlinePassed(hasQueued: false, at: at(now)) {
                case .send(.finalize):
                    finalizes += 1
                    answer(service.finalizeAsked(self.seconds, at: now))
                case .send: keepAlives += 1
                case .abandon(let cause): end = cause
                case .none: break
                }
            }
        }
    }

    private mutating func answer(_ results: ListenResults?) {
        if let results { _ = session.messageReceived(.results(results), at: at(now)) }
    }
}

@Suite struct AnswerWatchTests {
    @Test(arguments: [1, 1.25, 1.1]) func aServiceThatFallsSilentIsLeftWithinFifteenSecondsOfAudio(
        pace: Double
    ) {
        var conversation = Conversation(Service(finalEvery: 3, silentFrom: 60))
        conversation.pass(60)
        #expect(conversation.end == nil)
        let before = conversation.sent
        conversation.pass(60, pace: pace)
        #expect(conversation.end == .serviceUnanswering)
        #expect(conversation.finalizes == 1)
        #expect(conversation.sent - before <= 15_000)
        #expect(conversation.session.transportClosed(.serviceUnanswering) == .lost)
    }

    @Test func anHourOfSilenceWithEmptyFinalsRaisesNoAlarm() {
        var conversation = Conversation(Service(finalEvery: 5))
        conversation.pass(3_600)
        #expect(conversation.end == nil)
        #expect(conversation.finalizes == 0)
        #expect(conversation.session.edges.complete.frames >= 3_595_000)
    }

    @Test func aServiceThatOnlySpeaksWhenAskedStaysConnectedForAnHour() {
        var conversation = Conversation(Service())
        conversation.pass(3_600)
        #expect(conversation.end == nil)
        #expect((440...450).contains(conversation.finalizes))
    }

    @Test func withoutAudioNothingIsMissing() {
        var conversation = Conversation(Service(finalEvery: 5, silentFrom: 60.5))
        conversation.pass(67)
        // Muted with 7 s unanswered.
        conversation.pass(3_600, pace: 0)
        #expect(conversation.end == nil)
        #expect(conversation.keepAlives >= 890)
        conversation.pass(5)
        #expect(conversation.end == nil)
        conversation.pass(6)
        #expect(conversation.end == .serviceUnanswering)
    }

    @Test func atAHighPaceTheServiceHasItsTimeToo() {
        // Ten times real time, answers every 6 s.
        var session = ListenSession(
            rate: rate, channels: 1, edges: ConfirmedEdges(channels: 1), requestID: nil, pacePercent: 1_000)
        session.audioSent(FrameCount(60_000), at: .start, now: at(0))
        #expect(session.deadlinePassed(hasQueued: true, at: at(6)) == .none)
        _ = session.messageReceived(.results(ListenResults(start: 0, duration: 6)), at: at(6))
        session.audioSent(FrameCount(60_000), at: StreamPosition(frames: 60_000), now: at(6))
        #expect(session.deadlinePassed(hasQueued: true, at: at(12.3)) == .none)
        #expect(session.deadlinePassed(hasQueued: true, at: at(12.4)) == .send(.finalize(channel: nil)))
        #expect(session.deadlinePassed(hasQueued: true, at: at(17.4)) == .abandon(.serviceUnanswering))
    }

    @Test func theLastWordsBeforeAPauseAreAskedForOnce() {
        var conversation = Conversation(Service(finalEvery: 5))
        conversation.pass(7)
        conversation.pass(1.4, pace: 0)
        #expect(conversation.finalizes == 0)
        conversation.pass(0.2, pace: 0)
        #expect(conversation.finalizes == 1)
        #expect(conversation.session.edges.complete == StreamPosition(frames: 7_000))
        conversation.pass(600, pace: 0)
        #expect(conversation.finalizes == 1)
        conversation.pass(1)
        conversation.pass(10, pace: 0)
        #expect(conversation.finalizes == 2)
    }

    @Test func audioThatWaitsIsNoPause() {
        var session = ListenSession(
            rate: rate, channels: 1, edges: ConfirmedEdges(channels: 1), requestID: nil)
        session.audioSent(FrameCount(1_000), at: .start, now: at(0))
        #expect(session.deadlinePassed(hasQueued: true, at: at(1.5)) == .none)
        #expect(session.nextDeadline == at(3))
        #expect(session.deadlinePassed(hasQueued: false, at: at(3)) == .send(.finalize(channel: nil)))
        #expect(session.nextDeadline == at(7))
        #expect(session.deadlinePassed(hasQueued: false, at: at(7)) == .send(.keepAlive))
    }

    @Test func messagesThatSayNothingOfAudioAreNoAnswers() {
        var conversation = Conversation(Service())
        conversation.pass(4)
        for message in [ListenMessage.unknown(type: "Heartbeat"), .malformed(reason: "x")] {
            _ = conversation.session.messageReceived(message, at: at(conversation.now))
        }
        conversation.pass(3.9)
        #expect(conversation.finalizes == 0)
        conversation.pass(0.2)
        #expect(conversation.finalizes == 1)
    }
}

@Suite struct CodecPreRollTests {
    private func position(_ frames: Int64) -> StreamPosition { StreamPosition(frames: frames) }

    /// Confirmed up to 5 000 and 4 000; sent again from 3 900, for the decoder.
    private func session() -> ListenSession {
        let edges = ConfirmedEdges(channels: [position(5_000), position(4_000)])
        #expect(edges.complete == position(4_000))
        #expect(edges.channels == [position(5_000), position(4_000)])
        var session = ListenSession(rate: rate, channels: 2, edges: edges, requestID: nil)
        session.audioSent(FrameCount(3_000), at: position(3_900), now: at(0))
        return session
    }

    private func final(_ seconds: ClosedRange<Double>, channel: Int) -> ListenMessage {
        .results(
            ListenResults(
                channel: channel, channelCount: 2, start: seconds.lowerBound,
                duration: seconds.upperBound - seconds.lowerBound, isFinal: true, transcript: "x"))
    }

    @Test func whatIsSaidOfAudioBeforeTheEdgeIsKnown() {
        var session = session()
        #expect(session.messageReceived(final(0...0.1, channel: 1), at: at(1)) == .repeated)
        #expect(session.messageReceived(final(0...1.1, channel: 0), at: at(1)) == .repeated)
        #expect(session.edges.channels == [position(5_000), position(4_000)])
        #expect(
            session.messageReceived(.speechStarted(channel: 0, seconds: 1), at: at(1)) == .repeated)
        #expect(
            session.messageReceived(.speechStarted(channel: 1, seconds: 1), at: at(1))
                == .speechStarted(channel: 1, at: position(4_900)))
        #expect(
            session.messageReceived(.utteranceEnd(channel: 0, seconds: 1), at: at(1)) == .repeated)
    }

    @Test func aResultAcrossTheEdgeIsNews() {
        var session = session()
        guard
            case .publish(let result, let confirmed) = session.messageReceived(
                final(0...2, channel: 1), at: at(1))
        else {
            Issue.record("not published")
            return
        }
        #expect(result.start == position(3_900))
        #expect(result.end == position(5_900))
        #expect(confirmed == position(5_000))
        // Its end lies before the edge, which moved meanwhile; it is told all the same.
        #expect(
            session.messageReceived(.utteranceEnd(channel: 1, seconds: 1.9), at: at(1))
                == .utteranceEnded(channel: 1, at: position(5_800)))
    }

    @Test func aServiceThatChangesItsMindAboutChannelsTakesNothingBack() {
        var edges = ConfirmedEdges(channels: 2)
        edges.confirm(position(1_000), channel: 0, of: 1)
        #expect(edges.complete == position(1_000))
        edges.confirm(position(2_000), channel: 0, of: 2)
        #expect(edges.complete == position(1_000))
    }

    @Test func theEndCountsWhatWasReallySent() {
        var session = session()
        #expect(session.finishRequested(at: at(1)) == .send([.finalize(channel: nil), .closeStream]))
        _ = session.messageReceived(.metadata(ListenMetadata(duration: 3)), at: at(2))
        #expect(session.transportClosed(.normal) == .complete(confirmed: position(6_900)))
    }

    @Test func whatIsStillQueuedIsExpectedToTakeItsTime() {
        let session = session()
        // 3 s unanswered and 22 s queued at 125 %, and 5 s.
        #expect(session.expectedFinish(queued: FrameCount(22_000), at: at(10)) == at(35))
    }

    @Test func muchUnansweredAudioIsWaitedForLongerThanAMinute() {
        var session = ListenSession(
            rate: rate, channels: 1, edges: ConfirmedEdges(channels: 1), requestID: nil)
        session.audioSent(FrameCount(125_000), at: .start, now: at(0))
        _ = session.finishRequested(at: at(0))
        #expect(session.nextDeadline == at(105))
        for second in 0..<1_000 {
            _ = session.messageReceived(.unknown(type: "x"), at: at(Double(second)))
        }
        #expect(session.nextDeadline == at(210))
    }
}
