import Audio
import Downlink
import SignalChain
import Testing
import Timeline

@Suite struct DownlinkTests {
    private static let wide = PCMFormat(rate: SampleRate(hertz: 48_000), channels: 2, sample: .s32)
    private let first = UtteranceID(1)

    private func bytes(_ samples: [Int16]) -> [UInt8] { samples.withUnsafeBytes { Array($0) } }

    @Test func atAnEqualRateEverySampleSoundsUnchangedAndInOrder() throws {
        let rig = try DownlinkRig(.speech(), .s16(24_000))
        let sound = Sound.samples(24_000)
        rig.queue.begin(first)
        for start in stride(from: 0, to: sound.count, by: 777) {
            rig.queue.append(Array(sound[start..<min(sound.count, start + 777)]), to: first)
            rig.pump()
            rig.play(1_000)
        }
        rig.queue.complete(first)
        rig.pump()
        rig.play()
        #expect(rig.played == bytes(sound))
        rig.pump()
        #expect(rig.ended == [.init(number: 1, end: .heard)])
        #expect(rig.queue.isIdle && rig.queue.queued == .zero)
    }

    @Test(arguments: [100, 4_000, 1 << 20])
    func speechIsResampledWithoutASeamWhateverTheRingTakes(ringBytes: Int) throws {
        let rig = try DownlinkRig(.speech(), Self.wide, ringBytes: ringBytes)
        let total = 6_000
        rig.say(
            1, (0..<Int64(total)).map { Int16((32_767 * Sound.sine($0, hertz: 500, rate: 24_000)).rounded()) }
        )
        var rounds = 0
        while rig.ended.isEmpty, rounds < 100_000 {
            rig.pump()
            rig.play()
            rounds += 1
        }
        #expect(rig.ended == [.init(number: 1, end: .heard)])
        #expect(rig.played.count == 2 * total * 8)
        let samples = rig.samples(of: Self.wide)
        let worst = (200..<2 * total - 200).reduce(0.0) { worst, index in
            max(
                worst,
                abs(Double(samples[index]) - 32_767 * Sound.sine(Int64(index), hertz: 500, rate: 48_000)))
        }
        #expect(worst < 40, "\(worst)")
        let same = stride(from: 0, to: rig.played.count, by: 8).allSatisfy {
            rig.played[$0..<$0 + 4].elementsEqual(rig.played[$0 + 4..<$0 + 8])
        }
        #expect(same, "both channels are the same")
    }

    @Test func nothingSoundsBeforeThePrebufferIsThere() throws {
        let rig = try DownlinkRig(.speech(), .s16(24_000))
        rig.queue.begin(first)
        rig.queue.append(Sound.samples(959), to: first)
        rig.pump()
        #expect(rig.waiting == 0)
        #expect(rig.queue.queued.value == 959)
        rig.queue.append(Sound.samples(1), to: first)
        rig.pump()
        #expect(rig.waiting == 2 * 960)
        #expect(rig.queue.queued.value == 960)
        // Once it sounds, whatever comes sounds at once.
        rig.queue.append(Sound.samples(1), to: first)
        rig.pump()
        #expect(rig.waiting == 2 * 961)
    }

    @Test func aShortUtteranceDoesNotWaitForThePrebuffer() throws {
        let rig = try DownlinkRig(.speech(), .s16(24_000))
        rig.say(1, Sound.samples(10))
        rig.pump()
        #expect(rig.waiting == 20)
        rig.say(2, [])
        rig.play()
        rig.pump()
        rig.pump()
        #expect(
            rig.ended == [.init(number: 1, end: .heard), .init(number: 2, end: .heard)],
            "an empty one ends too")
    }

    @Test func anUtteranceIsHeardWithItsLastByteAndNotBefore() throws {
        let rig = try DownlinkRig(.speech(), Self.wide)
        rig.say(1, Sound.samples(1_000))
        rig.pump()
        rig.play(8 * 2_000 - 1)
        rig.pump()
        #expect(rig.ended.isEmpty)
        rig.play(1)
        rig.pump()
        #expect(rig.ended == [.init(number: 1, end: .heard)])
    }

    @Test func utterancesFollowOneAnotherWithoutAPauseAndEndEachAtItsPlace() throws {
        let rig = try DownlinkRig(.speech(), .s16(24_000))
        rig.queue.begin(first)
        rig.queue.append(Sound.samples(2_000), to: first)
        rig.say(2, Sound.samples(1_500, from: 2_500))
        rig.say(3, Sound.samples(100, from: 4_000))
        rig.pump()
        #expect(rig.waiting == 2 * 2_000, "the second waits for the first to be complete")
        rig.queue.append(Sound.samples(500, from: 2_000), to: first)
        rig.queue.complete(first)
        rig.pump()
        #expect(rig.queue.queued.value == 4_100)
        rig.play(2 * 2_499)
        rig.pump()
        #expect(rig.ended.isEmpty)
        rig.play(2)
        rig.pump()
        #expect(rig.ended == [.init(number: 1, end: .heard)])
        #expect(rig.queue.queued.value == 1_600)
        rig.play()
        rig.pump()
        #expect(rig.ended.map(\.number) == [1, 2, 3])
        #expect(rig.played == bytes(Sound.samples(4_100)))
        #expect(rig.queue.queued == .zero)
    }

    @Test func speechForAnUtteranceThatIsCompleteOrUnknownIsDropped() throws {
        let rig = try DownlinkRig(.speech(), .s16(48_000), ringBytes: 1_000)
        rig.say(1, Sound.samples(800))
        for _ in 0..<10 {
            rig.pump()
            rig.play(200)
            rig.queue.append(Sound.samples(50), to: first)
            rig.queue.append(Sound.samples(50), to: UtteranceID(9))
        }
        for _ in 0..<10 {
            rig.pump()
            rig.play()
        }
        #expect(rig.ended == [.init(number: 1, end: .heard)])
        #expect(rig.played.count == 2 * 1_600)
    }

    @Test func anInterruptionSilencesEverythingAndTheNextUtteranceBeginsAnew() throws {
        let rig = try DownlinkRig(.speech(), Self.wide, ringBytes: 8_000)
        rig.say(1, Sound.samples(5_000))
        rig.queue.begin(UtteranceID(2))
        rig.pump()
        rig.play(800)
        let cut = rig.queue.interrupt()
        #expect(cut == [UtteranceID(1), UtteranceID(2)])
        #expect(rig.discardBefore == 8_000)
        #expect(rig.queue.isIdle && rig.queue.queued == .zero)
        rig.queue.append(Sound.samples(2_000), to: UtteranceID(2))
        let beforePlayed = rig.played.count
        rig.say(3, Array(repeating: 0, count: 400))
        for _ in 0..<10 {
            rig.pump()
            rig.play()
        }
        let after = rig.played[beforePlayed...]
        #expect(
            after.count == 8 * 800 && after.allSatisfy { $0 == 0 }, "no echo of the old sound in the filter")
        #expect(rig.ended == [.init(number: 3, end: .heard)])
    }

    @Test func speechWaitsForTheSpeakerAndThenSounds() throws {
        let rig = try DownlinkRig(.speech())
        rig.say(1, Sound.samples(1_000))
        for _ in 0..<499 { rig.pump() }
        #expect(rig.ended.isEmpty && rig.queue.queued.value == 1_000)
        rig.format = .s16(24_000)
        rig.pump()
        rig.play()
        rig.pump()
        #expect(rig.opened.map(\.format) == [.s16(24_000)])
        #expect(rig.opened.map(\.kind) == [.opened])
        #expect(rig.played == bytes(Sound.samples(1_000)))
        #expect(rig.ended == [.init(number: 1, end: .heard)])
    }

    @Test func patienceEndsAndCountsAnewForTheNextUtterance() throws {
        let rig = try DownlinkRig(.speech())
        rig.say(1, Sound.samples(1_000))
        rig.say(2, [])
        // The first look, and ten seconds.
        for _ in 0..<501 { rig.pump() }
        #expect(rig.ended.isEmpty)
        rig.pump()
        #expect(rig.ended == [.init(number: 1, end: .noSpeaker), .init(number: 2, end: .noSpeaker)])
        #expect(rig.queue.isIdle && rig.queue.queued == .zero)
        rig.say(3, Sound.samples(10))
        for _ in 0..<501 { rig.pump() }
        #expect(rig.ended.count == 2, "the third has its own ten seconds")
        _ = rig.queue.interrupt()
        rig.say(4, Sound.samples(10))
        for _ in 0..<501 { rig.pump() }
        #expect(rig.ended.count == 2, "and so has one after an interruption")
        rig.pump()
        #expect(rig.ended.last == .init(number: 4, end: .noSpeaker))
    }

    @Test func aSpeakerThatComesBackAsItWasGoesOnWithWhatIsInTheRing() throws {
        let rig = try DownlinkRig(.speech(), .s16(24_000))
        rig.say(1, Sound.samples(1_000))
        rig.pump()
        rig.play(500)
        rig.format = nil
        for _ in 0..<100 { rig.pump() }
        rig.format = .s16(24_000)
        rig.pump()
        rig.play()
        rig.pump()
        #expect(rig.opened.count == 1)
        #expect(rig.played == bytes(Sound.samples(1_000)))
        #expect(rig.ended == [.init(number: 1, end: .heard)])
    }

    @Test func aSpeakerOfAnotherFormatCutsWhatIsInTheRingAndSpeaksTheRest() throws {
        let rig = try DownlinkRig(.speech(), .s16(24_000), ringBytes: 3_000)
        rig.say(1, Sound.samples(1_000))
        rig.say(2, Sound.samples(2_000))
        rig.pump()
        rig.play(100)
        #expect(rig.waiting == 2_900)
        rig.format = .s16(24_000, channels: 2)
        rig.pump()
        #expect(rig.ended == [.init(number: 1, end: .interrupted)], "it was not heard")
        #expect(rig.discardBefore == 3_000)
        rig.play()
        rig.pump()
        #expect(rig.opened.map(\.offset) == [0, 3_000])
        for _ in 0..<10 {
            rig.pump()
            rig.play()
        }
        // 500 of the second lay in the ring; a block may be held on top.
        let samples = rig.samples(of: .s16(24_000, channels: 2))
        #expect(samples == Sound.samples(2_000).suffix(samples.count))
        #expect(samples.count >= 2_000 - 500 - 480 && samples.count <= 1_500)
        #expect(rig.ended.last == .init(number: 2, end: .heard))
        #expect(rig.queue.queued == .zero)
    }

    @Test func whatLiesInTheRingInAnotherFormatIsNoLongerQueued() throws {
        let rig = try DownlinkRig(.speech(), Self.wide)
        rig.say(1, Sound.samples(24_000))
        rig.pump()
        #expect(rig.queue.queued.value == 24_000)
        rig.format = .s16(24_000)
        rig.pump()
        #expect(rig.queue.isIdle && rig.queue.queued == .zero)
    }

    @Test func whatIsQueuedFallsAsItSoundsAndEndsAtZero() throws {
        let rig = try DownlinkRig(.speech(), Self.wide, ringBytes: 40_000)
        rig.say(1, Sound.samples(24_000))
        var last = FrameCount(24_001)
        var rounds = 0
        while !rig.queue.isIdle, rounds < 1_000 {
            rig.pump()
            let queued = rig.queue.queued
            let exact = FrameCount(24_000 - rig.heard / 16)
            // The filter holds a little that is neither here nor there.
            guard queued <= last, abs((exact - queued).value) <= 64 else {
                Issue.record("\(queued) instead of \(exact), after \(last)")
                return
            }
            last = queued
            rig.play(7_680)
            rounds += 1
        }
        #expect(rig.queue.queued == .zero)
    }

    @Test func aFormatThatCannotBePlayedIsNoSpeaker() throws {
        let rig = try DownlinkRig(.speech(), .s16(24_000, channels: 9))
        rig.say(1, Sound.samples(100))
        for _ in 0..<502 { rig.pump() }
        #expect(rig.ended == [.init(number: 1, end: .noSpeaker)])
    }
}
