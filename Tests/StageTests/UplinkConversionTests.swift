import Audio
import Crossing
import SignalChain
import Testing
import Timeline

@testable import Uplink

@Suite struct UplinkConversionTests {
    private static let wide = PCMFormat(rate: SampleRate(hertz: 48_000), channels: 2, sample: .s32)

    @Test(arguments: 0..<6)
    func onePickedChannelOfSixGoesUpUnchanged(index: Int) throws {
        let rig = try UplinkRig(.linear16(selection: .pick(index: index)), .s16(16_000, channels: 6))
        let sound = Sound.samples(6 * 4_999)
        rig.push(sound)
        rig.stop()
        #expect(rig.samples == stride(from: index, to: sound.count, by: 6).map { sound[$0] })
        rig.expectBalanced()
    }

    @Test func allChannelsStayInterleaved() throws {
        let rig = try UplinkRig(.linear16(channels: 2, selection: .all), .s16(16_000, channels: 2))
        let sound = Sound.samples(2 * 5_001)
        for first in stride(from: 0, to: sound.count, by: 14) {
            rig.push(Array(sound[first..<min(sound.count, first + 14)]))
            rig.drain()
        }
        rig.stop()
        #expect(rig.samples == sound)
        #expect(rig.packets.first?.entry.frames.value == 1_600)
        #expect(rig.end.frames == 5_001)
        rig.expectAdjoining(channels: 2)
        rig.expectBalanced()
    }

    @Test func thirtyTwoBitsOfOneChannelAreRoundedOnceAtEqualRates() throws {
        let rig = try UplinkRig(.linear16(48_000, selection: .pick(index: 1)), Self.wide)
        let sound = Sound.samples(10_000)
        rig.push(sound.flatMap { [Int32(-5), Int32($0) << 16 + 9] })
        rig.stop()
        #expect(rig.samples == sound)
    }

    @Test func aMixIsTheMean() throws {
        let rig = try UplinkRig(.linear16(48_000, selection: .mix), Self.wide)
        rig.push((0..<4_800).flatMap { [Int32($0 - 2_400) << 17, Int32(0)] })
        rig.stop()
        #expect(rig.samples == (0..<4_800).map { Int16($0 - 2_400) })
    }

    @Test func gainIsAppliedBeforeTheOneRounding() throws {
        var settings = UplinkSettings.linear16(48_000, selection: .pick(index: 0))
        settings.gain = Gain(decibels: 24.082_399_653_118_497)  // 16
        let rig = try UplinkRig(settings, Self.wide)
        rig.push((0..<4_800).flatMap { [Int32($0) << 12, Int32(0)] })
        rig.stop()
        #expect(rig.samples == (0..<4_800).map { Int16($0) }, "the bits below the sixteenth are not lost")
    }

    @Test(arguments: [(48_000, 16_000), (44_100, 16_000), (8_000, 16_000), (96_000, 24_000)])
    func resampledSoundLiesAtItsPosition(source: Int, target: Int) throws {
        let rig = try UplinkRig(.linear16(target), .s16(source))
        var next: Int64 = 0
        while next < Int64(source) {
            let block = next..<min(Int64(source), next + 441)
            rig.push(block.map { Int16((32_767 * Sound.sine($0, hertz: 1_000, rate: source)).rounded()) })
            rig.drain()
            next = block.upperBound
        }
        rig.stop()
        let samples = rig.samples
        #expect(samples.count == target)
        let worst = (target / 10..<target * 9 / 10).reduce(0.0) { worst, index in
            max(
                worst,
                abs(Double(samples[index]) - 32_767 * Sound.sine(Int64(index), hertz: 1_000, rate: target)))
        }
        // A frame's shift would be some thousands; the filter and the rounding are a few.
        #expect(worst < 40, "\(worst)")
    }

    @Test func tenMinutesOfStereoAtFortyEightKilohertzAreExactlyTenMinutes() throws {
        let rig = try UplinkRig(.linear16(selection: .pick(index: 0), chunkMilliseconds: 250), Self.wide)
        let block = (0..<24_000).flatMap { index in
            let sample = Int32(32_767 * Sound.sine(Int64(index), hertz: 100, rate: 48_000)) << 16
            return [sample, -sample]
        }
        for _ in 0..<1_200 {
            rig.push(block)
            rig.drain()
        }
        rig.push([Int32](repeating: 1, count: 4))
        rig.stop()
        // 28 800 002 device frames.
        #expect(rig.end.frames == 9_600_000)
        #expect(rig.vitals.capturedFrames.value == 9_600_000)
        rig.expectAdjoining()
        rig.expectBalanced()
        // The wave is where it was ten minutes ago.
        let last = try #require(rig.packets.last)
        for (index, sample) in last.samples.enumerated().dropLast(100) {
            let ideal =
                32_767 * Sound.sine(last.entry.position.frames + Int64(index), hertz: 100, rate: 16_000)
            guard abs(Double(sample) - ideal) < 40 else {
                Issue.record("\(sample) instead of \(ideal) at \(index)")
                return
            }
        }
    }
}
