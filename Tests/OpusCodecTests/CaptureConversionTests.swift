import Audio
import SignalChain
import Testing

@Suite struct CaptureConversionTests {
    private func convert(
        _ bytes: [UInt8], _ sample: SampleFormat, channels: Int = 1, _ selection: ChannelSelection = .all
    ) throws -> [Int16] {
        let format = PCMFormat(rate: SampleRate(hertz: 1_000), channels: channels, sample: sample)
        let conversion = try CaptureConversion(format: format, selection: selection)
        var samples = [Int16](repeating: 77, count: bytes.count / format.bytesPerFrame * conversion.channels)
        var span = samples.mutableSpan
        let frames = unsafe conversion.convert(bytes.span.bytes, into: &span)
        #expect(frames == bytes.count / format.bytesPerFrame)
        return samples
    }

    private func convertToFloat(
        _ bytes: [UInt8], _ sample: SampleFormat, channels: Int = 1, _ selection: ChannelSelection = .all
    ) throws -> [Float] {
        let format = PCMFormat(rate: SampleRate(hertz: 1_000), channels: channels, sample: sample)
        let conversion = try CaptureConversion(format: format, selection: selection)
        var samples = [Float](repeating: 77, count: bytes.count / format.bytesPerFrame * conversion.channels)
        var span = samples.mutableSpan
        let frames = unsafe conversion.convert(bytes.span.bytes, into: &span)
        #expect(frames == bytes.count / format.bytesPerFrame)
        return samples
    }

    private func bytes<Value: FixedWidthInteger>(_ values: [Value]) -> [UInt8] {
        values.flatMap { value in
            (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
        }
    }

    private func bytes(_ values: [Float]) -> [UInt8] { bytes(values.map(\.bitPattern)) }

    @Test func everySixteenBitSamplePassesUnchanged() throws {
        let all = Array(Int16.min...Int16.max)
        #expect(try convert(bytes(all), .s16) == all)
        let full = try convertToFloat(bytes(all), .s16)
        #expect(full == all.map { Float($0) / 32_768 })
        var back = [Int16](repeating: 0, count: all.count)
        var span = back.mutableSpan
        WorkingSamples.quantise(full.span, into: &span)
        #expect(back == all)
        var expanded = [Float](repeating: 0, count: all.count)
        var target = expanded.mutableSpan
        WorkingSamples.expand(all.span, into: &target)
        #expect(expanded == full)
    }

    @Test func packed24BitSamplesAreReadWithTheirSign() throws {
        let stored: [UInt8] = [0x00, 0x00, 0x80, 0xFF, 0xFF, 0x7F, 0x00, 0xFF, 0xFF, 0x00, 0x01, 0x00]
        #expect(try convert(stored, .s24packed) == [-32_768, 32_767, -1, 1])
    }

    @Test func theTopByteOf24BitsInAWordIsIgnored() throws {
        for top in [0x00, 0x7F, 0x80, 0xFF] as [UInt8] {
            let stored: [UInt8] = [0x00, 0x00, 0x80, top, 0x00, 0xFF, 0xFF, top, 0x00, 0x34, 0x12, top]
            #expect(try convert(stored, .s24) == [-32_768, -1, 0x1234])
        }
    }

    @Test func wideSamplesAreRoundedToTheNearestAndTiesToEven() throws {
        let stored: [Int32] = [
            0x0000_7FFF, 0x0000_8000, 0x0000_8001, 0x0001_8000, -0x8000, -0x18000, .max, .min,
        ]
        #expect(try convert(bytes(stored), .s32) == [0, 0, 1, 2, 0, -2, 32_767, -32_768])
    }

    @Test func roundingAddsNoOffset() throws {
        // Symmetric about zero, ties and all; whatever leans to one side leaves a sum.
        let stored = (-0x800...0x800).map { Int32($0) }
        let samples = try convert(bytes(stored), .s24)
        #expect(samples.reduce(0) { $0 + Int($1) } == 0)
        #expect(samples.max() == 8)
    }

    @Test func floatsBeyondFullScaleAreClippedAndNoNumberIsSilence() throws {
        let stored: [Float] = [
            -1, 1, 0.5, -0.5, 2, -2, .infinity, -.infinity, .nan, -0.0, 1 / 65_536, 3 / 65_536,
        ]
        #expect(
            try convert(bytes(stored), .float32)
                == [-32_768, 32_767, 16_384, -16_384, 32_767, -32_768, 32_767, -32_768, 0, 0, 0, 2])
        #expect(
            try convertToFloat(bytes(stored), .float32)
                == [-1, 1, 0.5, -0.5, 1, -1, 1, -1, 0, 0, 1 / 65_536, 3 / 65_536])
    }

    @Test(arguments: PCMFormat.supportedChannels)
    func anyOfUpToEightChannelsCanBePicked(channels: Int) throws {
        let frames = (0..<5).flatMap { frame in (0..<channels).map { Int16(frame * 100 + $0 - 200) } }
        for index in 0..<channels {
            let picked = try convert(bytes(frames), .s16, channels: channels, .pick(index: index))
            #expect(picked == (0..<5).map { Int16($0 * 100 + index - 200) })
        }
        #expect(try convert(bytes(frames), .s16, channels: channels, .all) == frames)
    }

    @Test(arguments: PCMFormat.supportedChannels)
    func aMixIsTheMeanOfAllChannelsAndNeverClips(channels: Int) throws {
        let loud = [Int16](repeating: .min, count: channels) + [Int16](repeating: .max, count: channels)
        #expect(try convert(bytes(loud), .s16, channels: channels, .mix) == [.min, .max])
        let steps = (0..<channels).map { Int16($0 * 2) }
        #expect(try convert(bytes(steps), .s16, channels: channels, .mix) == [Int16(channels - 1)])
    }

    @Test func aMixIsRoundedOnceAtTheEnd() throws {
        // Means 0.5, 1.5 and −0.5 of a 16-bit step, and two halves in 24 bits that make one whole.
        #expect(try convert(bytes([0, 1, 1, 2, -1, 0] as [Int16]), .s16, channels: 2, .mix) == [0, 2, 0])
        let halves: [UInt8] = [0x80, 0x01, 0x00, 0x80, 0x00, 0x00]
        #expect(try convert(halves, .s24packed, channels: 2, .mix) == [1])
    }

    @Test func noNumberInOneChannelDoesNotSilenceTheMix() throws {
        #expect(try convert(bytes([.nan, 0.5] as [Float]), .float32, channels: 2, .mix) == [8_192])
    }

    @Test func bytesMayLieAtAnyAddress() throws {
        let conversion = try CaptureConversion(
            format: PCMFormat(rate: SampleRate(hertz: 1_000), channels: 1, sample: .s32), selection: .mix)
        let stored: [UInt8] = [9, 0, 0, 0x02, 0, 9]
        var samples: [Int16] = [0]
        var span = samples.mutableSpan
        let frames = unsafe conversion.convert(stored.span.bytes.extracting(1..<5), into: &span)
        #expect(frames == 1)
        #expect(samples == [2])
    }

    @Test func aChannelThatIsNotThereIsAnError() {
        let stereo = PCMFormat(rate: SampleRate(hertz: 1_000), channels: 2, sample: .s16)
        for index in [-1, 2] {
            #expect(throws: SignalError.channelMissing(index: index, channels: 2)) {
                try CaptureConversion(format: stereo, selection: .pick(index: index))
            }
        }
        let wide = PCMFormat(rate: SampleRate(hertz: 1_000), channels: 9, sample: .s16)
        #expect(throws: SignalError.channelsUnsupported(9)) {
            try CaptureConversion(format: wide, selection: .mix)
        }
        #expect(throws: SignalError.channelsUnsupported(9)) { try PlaybackConversion(format: wide) }
    }

    @Test func halfAFrameTraps() async {
        await #expect(processExitsWith: .failure) {
            let format = PCMFormat(rate: SampleRate(hertz: 1_000), channels: 2, sample: .s16)
            let conversion = try CaptureConversion(format: format, selection: .mix)
            var samples = [Int16](repeating: 0, count: 8)
            var span = samples.mutableSpan
            let bytes = [UInt8](repeating: 0, count: 6)
            _ = unsafe conversion.convert(bytes.span.bytes, into: &span)
        }
    }
}
