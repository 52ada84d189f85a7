import Audio
import Crossing
import OpusCodec
import SignalChain
import Testing
import Timeline

@testable import Uplink

@Suite struct UplinkOpusTests {
    /// All packets decoded by one decoder, and how many frames each held.
    private func decode(_ rig: UplinkRig) throws -> (samples: [Int16], frames: [Int]) {
        var decoder = try PacketDecoder(rate: rig.settings.rate)
        var samples: [Int16] = []
        var frames: [Int] = []
        for packet in rig.packets {
            var buffer = [Int16](repeating: 0, count: Int(decoder.framesPerPacketMax.value))
            var target = buffer.mutableSpan
            let count = try decoder.decode(packet.payload.span, into: &target)
            samples += buffer[0..<count]
            frames.append(count)
        }
        return (samples, frames)
    }

    @Test(arguments: [1, 320, 321, 16_000, 47_999], [1, 160, 319, 4_000])
    func packetsOfTwentyMillisecondsCoverEveryFrameAndTheCodecsDelay(total: Int, blockFrames: Int) throws {
        guard blockFrames > 1 || total < 1_000 else { return }
        let rig = try UplinkRig(.opus(), .s16(16_000))
        let sound = Sound.samples(total)
        var done = 0
        while done < total {
            let block = sound[done..<min(total, done + blockFrames)]
            rig.push(Array(block))
            rig.drain()
            done += block.count
        }
        rig.stop()
        let decoded = try decode(rig)
        #expect(decoded.frames.allSatisfy { $0 == 320 })
        #expect(
            rig.packets.allSatisfy { $0.entry.frames.value == 320 && $0.entry.position.frames % 320 == 0 })
        let needed = total + Int(rig.loop.lookahead.value)
        #expect(rig.packets.count == (needed + 319) / 320, "so many and not one more")
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func whatIsDecodedIsTheSoundLateByTheCodecsDelay() throws {
        let rig = try UplinkRig(.opus(), .s16(16_000))
        let total = 16_100
        // Silence, a tone, and silence only after the very last frame.
        let sound = (0..<Int64(total)).map { frame in
            frame < 8_000 ? Int16(0) : Int16(32_767 * Sound.sine(frame, hertz: 400, rate: 16_000))
        }
        rig.push(sound)
        rig.stop()
        let late = Int(rig.loop.lookahead.value)
        #expect(late == 104)
        let decoded = try decode(rig).samples
        try #require(decoded.count >= total + late)
        let heard = Array(decoded[late..<late + total])
        func energy(_ range: Range<Int>) -> Double {
            range.reduce(0.0) { $0 + Double(heard[$1]) * Double(heard[$1]) } / Double(range.count)
        }
        let full = energy(10_000..<12_000)
        #expect(full > 1e7)
        #expect(energy(0..<7_900) < full / 1_000, "nothing sounds before its time")
        #expect(energy(total - 60..<total) > full / 4, "the last frames are heard")
        // In phase: the codec keeps the wave where it was.
        let product = (9_000..<15_000).reduce(0.0) { $0 + Double(heard[$1]) * Double(sound[$1]) } / 6_000
        #expect(product > full * 0.8)
    }

    @Test func sixteenKilohertzPacketsOfALowerDeviceRateHoldTwentyMillisecondsToo() throws {
        let rig = try UplinkRig(.opus(), .s16(8_000))
        rig.push(Sound.samples(8_000))
        rig.stop()
        let frames = try decode(rig).frames
        #expect(frames.allSatisfy { $0 == 320 })
        #expect(rig.vitals.capturedFrames.value == 16_000)
        rig.expectBalanced()
    }

    @Test func severalChannelsFailAndTheNextDeviceGoesOnAfterAGap() throws {
        let rig = try UplinkRig(.opus(selection: .all), .s16(16_000, channels: 2))
        rig.push(Sound.samples(3_200))
        rig.drain()
        #expect(rig.failures == [.channelsDiffer(delivered: 2, wanted: 1)])
        rig.open(.s16(16_000))
        rig.push(Sound.samples(640))
        rig.stop()
        #expect(rig.records.first?.entry.kind == .gap)
        #expect(rig.gaps == [Gap(start: .start, end: StreamPosition(frames: 1_600), cause: .deviceError)])
        #expect(rig.packets.first?.entry.position.frames == 1_600)
        rig.expectAdjoining()
        rig.expectBalanced()
    }
}
