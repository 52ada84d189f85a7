import Audio
import SignalChain
import Testing

@Suite struct PlaybackConversionTests {
    private func convert(
        _ samples: [Int16], _ sample: SampleFormat, channels: Int = 1, decibels: Double = 0
    ) throws -> [UInt8] {
        let format = PCMFormat(rate: SampleRate(hertz: 1_000), channels: channels, sample: sample)
        let conversion = try PlaybackConversion(format: format, gain: Gain(decibels: decibels))
        var bytes = [UInt8](repeating: 0xEE, count: samples.count * format.bytesPerFrame + 3)
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        let made = conversion.convert(samples.span, into: &raw)
        #expect(made == samples.count * format.bytesPerFrame)
        #expect(bytes.suffix(3) == [0xEE, 0xEE, 0xEE])
        return Array(bytes.dropLast(3))
    }

    @Test func extremesLieInMemoryAsEachFormatSays() throws {
        let extremes: [Int16] = [.min, .max, -1]
        #expect(try convert(extremes, .s16) == [0, 0x80, 0xFF, 0x7F, 0xFF, 0xFF])
        #expect(try convert(extremes, .s24packed) == [0, 0, 0x80, 0, 0xFF, 0x7F, 0, 0xFF, 0xFF])
        #expect(
            try convert(extremes, .s24) == [0, 0, 0x80, 0xFF, 0, 0xFF, 0x7F, 0, 0, 0xFF, 0xFF, 0xFF])
        #expect(
            try convert(extremes, .s32) == [0, 0, 0, 0x80, 0, 0, 0xFF, 0x7F, 0, 0, 0xFF, 0xFF])
        #expect(try convert([.min, 16_384], .float32) == [0, 0, 0x80, 0xBF, 0, 0, 0, 0x3F])
    }

    @Test(arguments: SampleFormat.allCases, PCMFormat.supportedChannels)
    func everyChannelCarriesEverySampleUnchanged(sample: SampleFormat, channels: Int) throws {
        let samples: [Int16] = [.min, -32_767, -12_345, -1, 0, 1, 12_345, 32_766, .max]
        let bytes = try convert(samples, sample, channels: channels)
        let format = PCMFormat(rate: SampleRate(hertz: 1_000), channels: channels, sample: sample)
        for selection in [.mix, .pick(index: channels - 1)] as [ChannelSelection] {
            var back = [Int16](repeating: 0, count: samples.count)
            var span = back.mutableSpan
            _ = unsafe try CaptureConversion(format: format, selection: selection)
                .convert(bytes.span.bytes, into: &span)
            #expect(back == samples)
        }
    }

    @Test func gainIsRoundedAtTheDevicesFormatAndClipped() throws {
        #expect(try convert([1], .s24packed, decibels: -6.020599913279624) == [0x80, 0, 0])
        #expect(try convert([20_000, -20_000], .s16, decibels: 6.0206) == [0xFF, 0x7F, 0, 0x80])
        #expect(
            try convert([20_000, -20_000], .s32, decibels: 6.0206) == [0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0x80])
        #expect(
            try convert([20_000, -20_000], .float32, decibels: 6.0206) == [
                0, 0, 0x80, 0x3F, 0, 0, 0x80, 0xBF,
            ])
        #expect(try convert([20_000], .s16, decibels: -.infinity) == [0, 0])
    }
}

@Suite struct GainTests {
    private func applied(_ decibels: Double, to samples: [Int16]) -> [Int16] {
        var samples = samples
        var span = samples.mutableSpan
        Gain(decibels: decibels).apply(to: &span)
        return samples
    }

    @Test func nothingChangesAtUnity() {
        let all = Array(Int16.min...Int16.max)
        #expect(Gain.unity.factor == 1)
        #expect(applied(0, to: all) == all)
    }

    @Test func twentyDecibelsAreTenTimes() {
        #expect(applied(20, to: [1, -1, 3_276, 3_277, -3_277]) == [10, -10, 32_760, 32_767, -32_768])
        #expect(applied(-20, to: [10, 15, 25, -25, 32_767]) == [1, 2, 2, -2, 3_277])
        #expect(applied(-.infinity, to: [32_767]) == [0])
    }

    @Test func floatsAreClippedAtFullScale() {
        var samples: [Float] = [0.05, 0.5, -0.5, .nan]
        var span = samples.mutableSpan
        Gain(decibels: 20).apply(to: &span)
        #expect(samples == [0.5, 1, -1, 0])
    }
}
