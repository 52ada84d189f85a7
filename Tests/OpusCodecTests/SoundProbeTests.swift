import Audio
import SignalChain
import Testing

@Suite struct SoundProbeTests {
    private func findings(
        _ samples: [Int16], rate: Int = 16_000, channels: Int = 1, channel: Int = 0, block: Int = 320
    ) -> [SoundFindings] {
        var probe = SoundProbe(rate: SampleRate(hertz: rate), channels: channels, channel: channel)
        var found: [SoundFindings] = []
        var start = 0
        while start < samples.count {
            let end = min(samples.count, start + block * channels)
            probe.measure(samples.span.extracting(start..<end))
            if let second = probe.take() { found.append(second) }
            start = end
        }
        return found
    }

    @Test func thereAreFindingsOnceASecond() {
        #expect(findings([Int16](repeating: 0, count: 15_999)).isEmpty)
        #expect(findings([Int16](repeating: 0, count: 16_000)).count == 1)
        #expect(findings([Int16](repeating: 0, count: 5 * 16_000 + 100)).count == 5)
    }

    @Test func theBlocksItComesInDoNotMatter() {
        let samples = Signals.noise(frames: 48_000, seed: 3)
        let expected = findings(samples)
        for block in [1, 7, 16, 333, 4_000] { #expect(findings(samples, block: block) == expected) }
    }

    @Test func zerosAndConstantsAreToldApart() {
        let zero = findings([Int16](repeating: 0, count: 16_000))[0]
        #expect(zero.isZero && zero.spread == 0 && zero.offset == 0)
        let constant = findings([Int16](repeating: -3_277, count: 16_000))[0]
        #expect(!constant.isZero && constant.spread == 0)
        #expect(abs(constant.offset - -0.1) < 0.0001)
        #expect(constant.hum50Share == 0)
    }

    @Test func onlyItsChannelCounts() {
        let samples = (0..<32_000).map { $0 % 2 == 0 ? Int16(100) : Int16.max }
        #expect(findings(samples, channels: 2, channel: 0)[0].clippedShare == 0)
        #expect(findings(samples, channels: 2, channel: 1)[0].clippedShare == 1)
    }

    @Test(arguments: [8_000, 16_000, 22_050, 44_100, 48_000], [50.0, 60.0])
    func humIsFoundAtEveryRate(rate: Int, mains: Double) {
        for tune in [-0.3, 0.3] {
            let hum = (0..<rate).map { frame in
                (1...4).reduce(0.0) { sum, harmonic in
                    let frequency = (mains + tune) * Double(harmonic)
                    let sine = Signals.sineSample(frequency, rate: rate, frame: frame)
                    return sum + 0.05 / Double(harmonic) * sine
                }
            }
            for second in findings(Signals.int16(hum), rate: rate) {
                #expect((mains == 50 ? second.hum50Share : second.hum60Share) > 0.9)
                #expect((mains == 50 ? second.hum60Share : second.hum50Share) < 0.1)
            }
        }
    }

    @Test(arguments: [440.0, 261.63, 82.41, 950, 1_050, 1_950, 7_050, 5])
    func otherTonesAreNoHum(frequency: Double) {
        let tone = Signals.int16(Signals.sine(frequency, rate: 16_000, frames: 32_000))
        for second in findings(tone) {
            #expect(second.hum50Share < 0.1)
            #expect(second.hum60Share < 0.1)
        }
    }

    @Test func harmonicsWithoutTheMainsAreMusic() {
        let tone = Signals.int16(Signals.sine(150, rate: 16_000, frames: 16_000))
        #expect(findings(tone)[0].hum50Share < 0.01)
    }

    @Test func noiseIsNoHum() {
        for second in findings(Signals.noise(frames: 48_000, seed: 9)) {
            #expect(second.hum50Share < 0.03 && second.hum60Share < 0.03)
        }
    }

    @Test func findingsFitIntoOneWord() {
        var generator = Signals.Generator(state: 5)
        #expect(SoundFindings(packed: 0) == nil)
        for number in 1..<2_000 {
            let sent = SoundFindings(
                offset: Double(Int.random(in: -32_768...32_767, using: &generator)) / 32_768,
                spread: .random(in: 0...65_535, using: &generator), isZero: .random(using: &generator),
                clippedShare: Double(Int.random(in: 0...1_000, using: &generator)) / 1_000,
                hum50Share: Double(Int.random(in: 0...100, using: &generator)) / 100,
                hum60Share: Double(Int.random(in: 0...100, using: &generator)) / 100)
            let packed = sent.packed(number: number)
            guard packed != 0 else { continue }
            #expect(SoundFindings(packed: packed) == sent)
            #expect(SoundFindings.number(packed: packed) == number & 31)
        }
    }
}
