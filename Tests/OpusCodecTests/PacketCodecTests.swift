import Audio
import COpus
import OpusCodec
import SignalChain
import Testing

@Suite struct PacketCodecTests {
    static let wideband = SampleRate(hertz: 16_000)

    private func encode(
        _ samples: [Int16], with encoder: inout PacketEncoder
    ) throws(OpusError) -> [[UInt8]] {
        let frames = Int(encoder.framesPerPacket.value)
        var buffer = [UInt8](repeating: 0, count: PacketEncoder.packetBytesMax)
        var packets: [[UInt8]] = []
        for start in stride(from: 0, through: samples.count - frames, by: frames) {
            var span = buffer.mutableSpan
            let length = try encoder.encode(samples.span.extracting(start..<start + frames), into: &span)
            packets.append(Array(buffer.prefix(length)))
        }
        return packets
    }

    private func decode(_ packets: [[UInt8]], with decoder: inout PacketDecoder) throws(OpusError) -> [Int16]
    {
        var buffer = [Int16](repeating: 0, count: Int(decoder.framesPerPacketMax.value))
        var samples: [Int16] = []
        for packet in packets {
            var span = buffer.mutableSpan
            let frames = try decoder.decode(packet.span, into: &span)
            samples += buffer.prefix(frames)
        }
        return samples
    }

    /// With a sound that is like itself at no other time: a gliding voice.
    @Test(arguments: OpusRate.supported, EncoderSettings.Application.allCases)
    func soundComesBackLateByTheLookahead(rate: SampleRate, application: EncoderSettings.Application) throws {
        var encoder = try PacketEncoder(rate: rate, settings: EncoderSettings(application: application))
        var decoder = try PacketDecoder(rate: rate)
        #expect(encoder.framesPerPacket == rate.frames(inMilliseconds: 20))
        let voice = Signals.voice(rate: rate.hertz, frames: rate.hertz)
        let packets = try encode(Signals.int16(voice), with: &encoder)
        #expect(packets.count == 50)
        let decoded = try decode(packets, with: &decoder).map { Double($0) / 32_768 }
        #expect(decoded.count == rate.hertz)
        let late = Int(encoder.lookahead.value)
        // Steps of half a millisecond, of which every lookahead is a multiple.
        let step = rate.hertz / 2_000
        let (settled, end) = (rate.hertz / 5, rate.hertz - 24 * step)
        let likeness = (0..<24).map {
            Signals.correlation(decoded[(settled + $0 * step)..<(end + $0 * step)], voice[settled..<end])
        }
        #expect(likeness.indices.max { likeness[$0] < likeness[$1] } == late / step)
        // The speech coder of `voip` keeps the sound and not the wave.
        #expect(likeness[late / step] > (application == .voip ? 0.7 : 0.95))
        let loudness = Signals.amplitude(decoded[settled...]) / Signals.amplitude(voice[settled...])
        #expect((0.85...1.15).contains(loudness))
    }

    @Test(arguments: OpusRate.supported, EncoderSettings.Application.allCases)
    func theLookaheadIsWhatTheLibrarySays(rate: SampleRate, application: EncoderSettings.Application) throws {
        let encoder = try PacketEncoder(rate: rate, settings: EncoderSettings(application: application))
        let requested = [
            .voip: OPUS_APPLICATION_VOIP, .audio: OPUS_APPLICATION_AUDIO,
            .lowdelay: OPUS_APPLICATION_RESTRICTED_LOWDELAY,
        ][application]
        var code = OPUS_OK
        let plain = unsafe opus_encoder_create(Int32(rate.hertz), 1, try #require(requested), &code)
        let library = unsafe try #require(plain)
        defer { unsafe opus_encoder_destroy(library) }
        var lookahead: Int32 = 0
        #expect(unsafe copus_encoder_get(library, OPUS_GET_LOOKAHEAD_REQUEST, &lookahead) == OPUS_OK)
        #expect(lookahead > 0)
        #expect(encoder.lookahead == FrameCount(Int(lookahead)))
    }

    @Test(arguments: [6_000, 24_000, 128_000])
    func packetsKeepToTheBitrateAndNeverExceedTheBound(bitrate: Int) throws {
        var encoder = try PacketEncoder(rate: Self.wideband, settings: EncoderSettings(bitrate: bitrate))
        let packets = try encode(Signals.noise(frames: 16_000, seed: 6), with: &encoder)
        #expect(packets.allSatisfy { (1...PacketEncoder.packetBytesMax).contains($0.count) })
        let average = packets.reduce(0) { $0 + $1.count } * 8
        // One second of noise, the dearest sound there is, and the encoder's bitrate is an average.
        #expect((bitrate / 2...bitrate * 3 / 2).contains(average))
        // RFC 6716, section 3.1: one frame (code 0) of 20 ms, mono.
        for packet in packets {
            let contents = packet[0]
            let configuration = contents >> 3
            #expect(contents & 0b111 == 0)
            #expect([1, 5, 9, 13, 15, 19, 23, 27, 31].contains(configuration))
        }
    }

    @Test func tenThousandPacketsGoThroughWithoutAnError() throws {
        var encoder = try PacketEncoder(rate: Self.wideband, settings: EncoderSettings(complexity: 0))
        var decoder = try PacketDecoder(rate: Self.wideband)
        let noise = Signals.noise(frames: 320 * 7, seed: 7)
        let silence = [Int16](repeating: 0, count: 320 * 3)
        var packets = 0
        for _ in 0..<1_000 {
            let made = try encode(noise + silence, with: &encoder)
            packets += made.count
            #expect(try decode(made, with: &decoder).count == 3_200)
        }
        #expect(packets == 10_000)
    }

    @Test func everySettingInRangeIsTakenAndChangesThePackets() throws {
        let noise = Signals.noise(frames: 3_200, seed: 8)
        var made: Set<[[UInt8]]> = []
        for application in EncoderSettings.Application.allCases {
            for complexity in [0, 10] {
                for bitrate in [6_000, 128_000] {
                    let settings = EncoderSettings(
                        application: application, bitrate: bitrate, complexity: complexity)
                    var encoder = try PacketEncoder(rate: Self.wideband, settings: settings)
                    made.insert(try encode(noise, with: &encoder))
                }
            }
        }
        #expect(made.count >= 8)
    }

    @Test func settingsOutOfRangeAreErrorsThatNameThem() {
        #expect(throws: OpusError.rateUnsupported(hertz: 44_100)) {
            _ = try PacketEncoder(rate: SampleRate(hertz: 44_100))
        }
        #expect(throws: OpusError.rateUnsupported(hertz: 44_100)) {
            _ = try PacketDecoder(rate: SampleRate(hertz: 44_100))
        }
        for bitrate in [0, 5_999, 128_001] {
            #expect(throws: OpusError.bitrateOutOfRange(bitsPerSecond: bitrate)) {
                _ = try PacketEncoder(rate: Self.wideband, settings: EncoderSettings(bitrate: bitrate))
            }
        }
        for complexity in [-1, 11] {
            #expect(throws: OpusError.complexityOutOfRange(complexity)) {
                _ = try PacketEncoder(rate: Self.wideband, settings: EncoderSettings(complexity: complexity))
            }
        }
    }

    @Test func afterResetAStreamBeginsAnew() throws {
        let noise = Signals.noise(frames: 3_200, seed: 9)
        var encoder = try PacketEncoder(rate: Self.wideband)
        let first = try encode(noise, with: &encoder)
        let second = try encode(noise, with: &encoder)
        encoder.reset()
        #expect(try encode(noise, with: &encoder) == first)
        #expect(second != first)
        var decoder = try PacketDecoder(rate: Self.wideband)
        let heard = try decode(first, with: &decoder)
        decoder.reset()
        #expect(try decode(first, with: &decoder) == heard)
    }

    @Test func aBadPacketIsAnErrorAndTheDecoderGoesOn() throws {
        var encoder = try PacketEncoder(rate: Self.wideband)
        var decoder = try PacketDecoder(rate: Self.wideband)
        let packet = try encode(Signals.noise(frames: 320, seed: 10), with: &encoder)[0]
        // Code 1 (two frames of equal length) with an odd number of bytes; code 3 with no frame at all.
        for bad in [[], [0x01, 0x00], [0x03, 0x00]] as [[UInt8]] {
            #expect(throws: OpusError.packetInvalid) { _ = try decode([bad], with: &decoder) }
        }
        #expect(try decode([packet], with: &decoder).count == 320)
        var small = [Int16](repeating: 0, count: 319)
        #expect(throws: OpusError.bufferTooSmall) {
            var span = small.mutableSpan
            _ = try decoder.decode(packet.span, into: &span)
        }
    }

    /// Compiles only if a codec and a resampler made on one thread can be given away to another.
    @Test func whatWasMadeHereCanBeGivenToAnotherThread() async throws {
        func start(_ body: sending @escaping () -> Int) async -> Int {
            await Task.detached(operation: body).value
        }
        var encoder = try PacketEncoder(rate: Self.wideband)
        var resampler = try Resampler(from: SampleRate(hertz: 48_000), to: Self.wideband)
        let length = await start {
            encoder.reset()
            resampler.reset()
            return Int(encoder.framesPerPacket.value)
        }
        #expect(length == 320)
    }

    @Test func aFrameOfTheWrongLengthTraps() async {
        await #expect(processExitsWith: .failure) {
            var encoder = try PacketEncoder(rate: SampleRate(hertz: 16_000))
            var packet = [UInt8](repeating: 0, count: PacketEncoder.packetBytesMax)
            var span = packet.mutableSpan
            _ = try encoder.encode([Int16](repeating: 0, count: 319).span, into: &span)
        }
    }

    @Test func aBufferThatCouldCutAPacketTraps() async {
        await #expect(processExitsWith: .failure) {
            var encoder = try PacketEncoder(rate: SampleRate(hertz: 16_000))
            var packet = [UInt8](repeating: 0, count: PacketEncoder.packetBytesMax - 1)
            var span = packet.mutableSpan
            _ = try encoder.encode([Int16](repeating: 0, count: 320).span, into: &span)
        }
    }
}
