import Audio
import Crossing
import SignalChain
import Testing
import Timeline

@testable import Uplink

@Suite struct UplinkTimeTests {
    /// One frame at 16 kHz.
    private let frame: Int64 = 62_500

    @Test func packetsAreStampedToTheNanosecondOfTheirFirstFrame() throws {
        let rig = try UplinkRig(.opus(), .s16(48_000))
        rig.clocks = (monotonic: 50_000_000_000, boottime: 53_000_000_000)
        // Device frame n is captured at 40 s + n / 48 000; blocks of 441 frames keep no step with packets.
        var device: Int64 = 0
        for _ in 0..<500 {
            rig.mark(.time, monotonic: 40_000_000_000 + device * 1_000_000_000 / 48_000)
            rig.push(Sound.samples(441))
            device += 441
            rig.drain()
        }
        rig.stop()
        for packet in rig.packets {
            let exact = 43_000_000_000 + packet.entry.position.frames * frame
            guard abs(packet.entry.capturedAt.nanoseconds - exact) <= 3 else {
                Issue.record("\(packet.entry) instead of \(exact)")
                return
            }
        }
        #expect(rig.packets.count == 231)
    }

    @Test func theNewestMarkHolds() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.mark(.time, monotonic: 1_000_000_000)
        rig.push(Sound.samples(1_600))
        // The sample clock is slow: 100 ms of it took 101 ms.
        rig.mark(.time, monotonic: 1_101_000_000)
        rig.push(Sound.samples(1_600))
        rig.drain()
        #expect(rig.records.map(\.entry.capturedAt.nanoseconds) == [1_000_000_000, 1_101_000_000])
    }

    @Test func aGapBeginsWhenItsFirstLostFrameWasDueAndTheNextMarkSaysWhenItEnded() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.mark(.time, monotonic: 1_000_000_000)
        rig.push(Sound.samples(1_600))
        rig.mark(.missing, .xrun, missing: 16_000)
        rig.mark(.time, monotonic: 2_150_000_000)
        rig.push(Sound.samples(1_600))
        rig.drain()
        #expect(
            rig.records.map(\.entry.capturedAt.nanoseconds) == [1_000_000_000, 1_100_000_000, 2_150_000_000])
    }

    @Test func beforeTheFirstMarkAPacketIsAsOldAsTheWake() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.clocks = (monotonic: 5, boottime: 8)
        rig.mark(.time, monotonic: 0)
        rig.push(Sound.samples(3_200))
        rig.drain()
        #expect(rig.records.map(\.entry.capturedAt.nanoseconds) == [8, 8], "0 is not known")
    }

    @Test func aMarkWhoseFrameHasPassedSaysNothing() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.mark(.time, monotonic: 1_000_000_000)
        rig.push(Sound.samples(1_600))
        rig.drain()
        rig.mark(.time, monotonic: 9_000_000_000, offset: rig.written - 10)
        rig.push(Sound.samples(1_600))
        rig.drain()
        #expect(rig.records.map(\.entry.capturedAt.nanoseconds) == [1_000_000_000, 1_100_000_000])
    }

    @Test func timeGoesOnAcrossADeviceOfAnotherRate() throws {
        let rig = try UplinkRig(.linear16(), .s16(48_000))
        rig.mark(.time, monotonic: 1_000_000_000)
        rig.push(Sound.samples(4_800))
        rig.open(.s16(44_100))
        rig.mark(.missing, .unplugged, missing: 44_100)
        rig.push(Sound.samples(4_410))
        rig.stop()
        #expect(
            rig.records.map(\.entry.capturedAt.nanoseconds) == [1_000_000_000, 1_100_000_000, 2_100_000_000])
    }
}
