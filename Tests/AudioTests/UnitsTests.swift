import Audio
import Testing
import Timeline

@Suite struct UnitsTests {
    @Test func framesAndTimeConvertExactly() {
        let rate = SampleRate(hertz: 16_000)
        #expect(rate.frames(inMilliseconds: 20).value == 320)
        #expect(SampleRate(hertz: 22_050).frames(inMilliseconds: 20).value == 441)
        #expect(FrameCount(320).nanoseconds(at: rate) == 20_000_000)
        #expect(rate.frames(inNanoseconds: -20_000_000).value == -320)
        // A year at 192 kHz does not overflow.
        let year = Int64(366 * 86_400)
        #expect(
            SampleRate(hertz: 192_000).frames(inNanoseconds: year * 1_000_000_000).value == year * 192_000)
        #expect(
            FrameCount(year * 192_000).nanoseconds(at: SampleRate(hertz: 192_000)) == year * 1_000_000_000)
    }

    @Test func ratesConvertRoundedToTheNearest() {
        let card = SampleRate(hertz: 44_100)
        let uplink = SampleRate(hertz: 16_000)
        #expect(FrameCount(441).converted(from: card, to: uplink).value == 160)
        #expect(FrameCount(1).converted(from: card, to: uplink).value == 0)
        #expect(FrameCount(2).converted(from: card, to: uplink).value == 1)
        #expect(FrameCount(-441).converted(from: card, to: uplink).value == -160)
    }

    @Test(arguments: SampleFormat.allCases)
    func everyFormatHasASize(format: SampleFormat) {
        let pcm = PCMFormat(rate: SampleRate(hertz: 8_000), channels: 3, sample: format)
        #expect(pcm.bytesPerFrame == 3 * format.bytesPerSample)
        #expect((2...4).contains(format.bytesPerSample))
    }

    @Test func everyGapCauseHasItsOwnName() {
        #expect(Set(GapCause.allCases.map(\.name)).count == GapCause.allCases.count)
    }
}

@Suite struct StreamMapTests {
    // A toy scale: 10 frames a second.
    private let rate = SampleRate(hertz: 10)

    private func position(_ frames: Int64) -> StreamPosition { StreamPosition(frames: frames) }

    @Test func mapsStraightUntilAGapAndOnAfterIt() {
        var map = StreamMap(rate: rate)
        map.append(FrameCount(20), at: position(100))
        map.append(FrameCount(10), at: position(120))
        map.append(FrameCount(10), at: position(500))
        #expect(map.position(seconds: 0) == position(100))
        #expect(map.position(seconds: 2.5) == position(125))
        #expect(map.position(seconds: 3.0) == position(500), "the joint belongs to what follows")
        #expect(map.position(seconds: 3.0, asEnd: true) == position(130), "as an end, to what came before")
        #expect(map.position(seconds: 3.5) == position(505))
        #expect(map.position(seconds: 99) == position(510), "beyond what was sent: the end")
        #expect(map.end == position(510))
        #expect(map.sent == FrameCount(40))
    }

    @Test func noiseOfSinglePrecisionIsRoundedAway() {
        var map = StreamMap(rate: SampleRate(hertz: 16_000))
        map.append(FrameCount(32_000), at: position(0))
        #expect(map.position(seconds: Double(Float(1.2))) == position(19_200))
        #expect(map.position(seconds: 1.1999999) == position(19_200))
    }

    @Test func hostileSecondsDoNotTrap() {
        var map = StreamMap(rate: rate)
        #expect(map.position(seconds: .nan) == nil)
        map.append(FrameCount(5), at: position(50))
        for seconds in [Double.nan, .infinity, -.infinity, -1, 1e300] {
            let found = map.position(seconds: seconds)
            #expect(found.map { $0 >= position(50) && $0 <= position(55) } == true)
        }
    }

    @Test func forgettingKeepsWhatIsStillAskedFor() {
        var map = StreamMap(rate: rate)
        for index in 0..<100 { map.append(FrameCount(10), at: position(Int64(index) * 1_000)) }
        map.forget(beforeSeconds: 50)
        #expect(map.position(seconds: 50.5) == position(50_005))
        #expect(map.position(seconds: 99.5) == position(99_005))
    }
}
