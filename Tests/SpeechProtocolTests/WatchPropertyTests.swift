import Audio
import SpeechProtocol
import Testing
import Timeline

/// Whatever happens in whatever order: no timer spins, nothing goes back. The argument is the seed.
@Suite struct WatchPropertyTests {
    private let rate = SampleRate(hertz: 1_000)

    @Test(arguments: 1...10 as ClosedRange<UInt64>) func aSessionsTimerNeverSpins(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let edges = ConfirmedEdges(
            channels: [StreamPosition(frames: 500), StreamPosition(frames: 900)])
        var session = ListenSession(rate: rate, channels: 2, edges: edges, requestID: nil)
        var (now, position, confirmed) = (at(0), Int64(300), edges.complete)
        for _ in 0..<3_000 {
            now = now + .milliseconds(Int.random(in: 0..<400, using: &generator))
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4 where session.takesAudio:
                if Int.random(in: 0..<50, using: &generator) == 0 { position += 5_000 }
                session.audioSent(FrameCount(20), at: StreamPosition(frames: position), now: now)
                position += 20
            case 4: _ = session.messageReceived(.results(results(&generator)), at: now)
            case 5: _ = session.messageReceived(.speechStarted(channel: 1, seconds: 3), at: now)
            case 6 where Int.random(in: 0..<500, using: &generator) == 0:
                _ = session.finishRequested(at: now)
            default: break
            }
            #expect(session.edges.complete >= confirmed)
            confirmed = session.edges.complete
            #expect(session.expectedFinish(at: now) - now <= Limits.closeTimeHardMax)
            let hasQueued = Bool.random(using: &generator)
            guard
                settles(
                    now, { session.nextDeadline }, { session.deadlinePassed(hasQueued: hasQueued, at: now) })
            else { return }
        }
    }

    private func results(_ generator: inout SeededGenerator) -> ListenResults {
        ListenResults(
            channel: .random(in: 0..<3, using: &generator),
            channelCount: .random(in: 1..<4, using: &generator),
            start: .random(in: 0..<60, using: &generator), duration: .random(in: 0..<5, using: &generator),
            isFinal: .random(using: &generator), transcript: Bool.random(using: &generator) ? "x" : "")
    }

    /// Serves the deadline until nothing is due; false after the session was given up.
    private func settles(
        _ now: BootTime, _ next: () -> BootTime?, _ passed: () -> ListenSession.OnDeadline
    ) -> Bool {
        var turns = 0
        while let deadline = next(), deadline <= now {
            if case .abandon = passed() { return false }
            turns += 1
            guard turns < 5 else {
                Issue.record("the deadline stays due")
                return false
            }
        }
        return true
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>) func aWatchsTimerNeverSpins(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var watch = TransportWatch(expectsPongs: seed % 2 == 0, at: at(0))
        var (now, waiting, silentSince) = (at(0), 0, at(0))
        for _ in 0..<5_000 {
            now = now + .milliseconds(Int.random(in: 0..<100, using: &generator))
            switch Int.random(in: 0..<40, using: &generator) {
            case 0..<12:
                watch.bytesHandedOver(86, isAudio: Bool.random(using: &generator), at: now)
                waiting += 86
            case 12..<30 where waiting > 0:
                let left = Int.random(in: 1...waiting, using: &generator)
                watch.bytesLeft(left, at: now)
                waiting -= left
            case 30:
                watch.dataReceived(at: now)
                silentSince = now
            case 31:
                watch.pongReceived(at: now)
                silentSince = now
            default: break
            }
            var turns = 0
            while let deadline = watch.nextDeadline, deadline <= now {
                switch watch.deadlinePassed(at: now) {
                case .abandon(let cause):
                    // Never while something came back within the time of a pong, unless bytes are stuck.
                    #expect(cause == .sendingStuck || now - silentSince >= Limits.pongTime)
                    #expect(cause == .sendingStuck || seed % 2 == 0)
                    return
                case .ping, .none: turns += 1
                }
                guard turns < 3 else {
                    Issue.record("the deadline stays due")
                    return
                }
            }
        }
    }
}
