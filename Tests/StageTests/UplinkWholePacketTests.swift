import Audio
import Crossing
import SignalChain
import Testing
import Timeline

@testable import Uplink

/// Sound leaves the capture ring when it is in a packet: what a program that is killed has taken is in the
/// journal.
@Suite struct UplinkWholePacketTests {
    /// Frames the loop has taken that are in no packet.
    private func pending(_ rig: UplinkRig) -> Int64 {
        let vitals = rig.vitals
        let taken = vitals.capturedFrames.value + vitals.filledFrames.value + vitals.gapFrames.value
        return Int64(taken) - (rig.end - rig.start).value
    }

    @Test(
        arguments: [
            UplinkSettings.linear16(), .linear16(chunkMilliseconds: 20), .linear16(chunkMilliseconds: 250),
            .opus(),
        ])
    func betweenWakesNothingIsPending(settings: UplinkSettings) throws {
        let rig = try UplinkRig(settings, .s16(16_000), start: 99)
        var random = SeededGenerator(seed: 4)
        var total: Int64 = 0
        for round in 0..<400 {
            let block = Int.random(in: 0...700, using: &random)
            if round % 3 > 0 { rig.mark(.time, monotonic: 1 + total * 62_500) }
            rig.push(Sound.samples(block, from: total))
            total += Int64(block)
            rig.drain()
            let packet = settings.packetFrames.value
            guard pending(rig) == 0, (rig.end - rig.start).value == total / packet * packet,
                rig.vitals.position.value == 99 + total
            else {
                Issue.record("\(pending(rig)) frames pending after \(total), \(rig.end) written")
                return
            }
        }
        rig.stop()
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test(
        arguments: [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000],
        [UplinkSettings.linear16(), .linear16(8_000), .linear16(48_000), .opus(), .opus(48_000)])
    func resampledNextToNothingIsPendingAndNoPacketIsLater(hertz: Int, settings: UplinkSettings) throws {
        let rig = try UplinkRig(settings, .s16(hertz))
        // What comes out of a resampler that is fed everything at once.
        let eager = try SampleIntake(format: .s16(hertz), settings: settings)
        var made: [Int16] = []
        var random = SeededGenerator(seed: hertz)
        var total: Int64 = 0
        let few = Int64((settings.rate.hertz + hertz - 1) / hertz)
        for _ in 0..<150 {
            let block = Sound.samples(Int.random(in: 0...hertz / 40, using: &random), from: total)
            rig.push(block)
            block.withUnsafeBytes { bytes in
                for first in stride(from: 0, to: bytes.count, by: 4_096) {
                    let part = UnsafeRawBufferPointer(
                        rebasing: bytes[first..<min(bytes.count, first + 4_096)])
                    eager.take(RawSpan(_unsafeBytes: part), into: &made)
                }
            }
            total += Int64(block.count)
            rig.drain()
            let packet = settings.packetFrames.value
            guard (0...few).contains(pending(rig)),
                (rig.end - rig.start).value == Int64(made.count) / packet * packet,
                rig.vitals.position.value == total * Int64(settings.rate.hertz) / Int64(hertz)
            else {
                Issue.record("\(pending(rig)) pending, \(rig.end) of \(made.count) written, \(total) in")
                return
            }
        }
        rig.stop()
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func whatWaitedInTheRingGoesUpBeforeASeamAndAtTheEnd() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.push(Sound.samples(1_000))
        rig.drain()
        #expect(rig.records.isEmpty && rig.vitals.position.value == 1_000)
        rig.mark(.closed, .unplugged)
        rig.drain()
        #expect(rig.end.frames == 1_000)
        rig.open(.s16(16_000))
        rig.mark(.missing, .unplugged, missing: 16_000)
        rig.push(Sound.samples(70, from: 17_000))
        rig.drain()
        #expect(rig.end.frames == 17_000)
        rig.stop()
        #expect(rig.samples == Sound.samples(1_000) + Sound.samples(70, from: 17_000))
        rig.expectBalanced()
    }

    @Test func aRingTooSmallForAPacketIsEmptiedAllTheSame() throws {
        let rig = try UplinkRig(.linear16(chunkMilliseconds: 250), .s16(16_000), ringBytes: 3_000)
        rig.push(Sound.samples(16_000))
        rig.stop()
        #expect(rig.samples == Sound.samples(16_000))
        rig.expectBalanced()
    }
}
