import Audio
import Crossing
import DeviceRecovery
import Glibc
import Playback
import TestDevice
import Testing

@Suite("The playback loop") struct PlaybackLoopTests {
    @Test("plays every sample in order and says when the last one was heard")
    func everySample() throws {
        let device = try PlayedDevice()
        let rig = try PlaybackRig(device.name)
        rig.announce()
        rig.play(9_600)
        rig.waitUntilAllIsHeard()
        rig.finish()
        expectSound(device.played(), [Array(1...9_600)])
        #expect(rig.vitals.soundFrames.value == 9_600)
        #expect(rig.vitals.discardedBytes.value == 0)
        #expect(rig.vitals.device.format.value == 0)
    }

    @Test("fills with silence when the ring is empty, and counts it")
    func silence() throws {
        let device = try PlayedDevice()
        let rig = try PlaybackRig(device.name)
        rig.announce()
        for frames in [1_000, 77, 2_345] {
            rig.play(frames)
            rig.waitUntilAllIsHeard()
        }
        rig.finish()
        expectSound(device.played(), [Array(1...1_000), Array(1_001...1_077), Array(1_078...3_422)])
        #expect(rig.vitals.silences.value == 3)
        #expect(rig.vitals.silentFrames.value > 0)
    }

    @Test("publishes what the device agreed to")
    func format() throws {
        let device = try PlayedDevice()
        let rig = try PlaybackRig(device.name)
        rig.wait { $0.vitals.device.format.value != 0 }
        #expect(PCMFormat(packed: rig.vitals.device.format.value) == PlaybackRig.format)
        #expect(rig.vitals.device.periodFrames.value == 480)
    }

    @Test("an underrun costs what was queued, and the rest is played in order")
    func underrun() throws {
        let device = try PlayedDevice()
        let rig = try PlaybackRig(device.name)
        rig.announce()
        rig.play(24_000)
        rig.wait { $0.vitals.heard.value >= 9_600 }
        device.control.injectXrun(.playback)
        rig.waitUntilAllIsHeard()
        rig.finish()
        #expect(rig.vitals.device.xruns.value >= 1)
        expectInOrder(
            device, frames: 24_000, lostAtMost: PlaybackRig.bufferFrames * Int(rig.vitals.device.xruns.value))
    }

    @Test("a speaker unplugged and replugged loses what was queued in it and keeps what was in the ring")
    func unplugAndReplug() throws {
        let device = try PlayedDevice()
        let rig = try PlaybackRig(device.name)
        rig.announce()
        rig.play(24_000)
        rig.wait { $0.vitals.heard.value >= 9_600 }
        device.control.unplug()
        rig.wait { $0.state == .waiting }
        #expect(rig.vitals.device.format.value == 0)
        #expect(rig.vitals.heard.value < Int64(rig.written))
        device.control.replug()
        rig.waitUntilAllIsHeard()
        rig.finish()
        #expect(rig.vitals.device.opens.value == 2)
        expectInOrder(
            device, frames: 24_000,
            lostAtMost: PlaybackRig.bufferFrames * Int(1 + rig.vitals.device.xruns.value))
    }

    @Test("a speaker that is not there at the start is waited for")
    func lateDevice() throws {
        let device = try PlayedDevice()
        device.control.unplug()
        let rig = try PlaybackRig(device.name)
        rig.announce()
        rig.play(1_000)
        rig.wait { $0.vitals.device.lastError.value == Int64(-ENODEV) }
        #expect(rig.vitals.heard.value == 0)
        device.control.replug()
        rig.waitUntilAllIsHeard()
        rig.finish()
        expectSound(device.played(), [Array(1...1_000)])
    }

    @Test("a suspended speaker goes on with the rest")
    func suspend() throws {
        let device = try PlayedDevice()
        let rig = try PlaybackRig(device.name)
        rig.announce()
        rig.play(24_000)
        rig.wait { $0.vitals.heard.value >= 9_600 }
        device.control.suspend(.playback)
        rig.waitUntilAllIsHeard()
        rig.finish()
        #expect(rig.vitals.device.suspends.value == 1)
        expectInOrder(
            device, frames: 24_000,
            lostAtMost: PlaybackRig.bufferFrames * Int(1 + rig.vitals.device.xruns.value))
    }

    @Test("a speaker that hangs is opened afresh")
    func hang() throws {
        let device = try PlayedDevice()
        let rig = try PlaybackRig(device.name)
        rig.announce()
        rig.play(24_000)
        rig.wait { $0.vitals.heard.value >= 9_600 }
        device.control.hang()
        rig.wait { $0.vitals.device.hangs.value == 1 }
        device.control.resume()
        rig.waitUntilAllIsHeard()
        rig.finish()
        expectInOrder(
            device, frames: 24_000,
            lostAtMost: PlaybackRig.bufferFrames * Int(1 + rig.vitals.device.xruns.value))
    }

    @Test("on barge-in the queue in the ring and in the device falls silent, and what comes after is whole")
    func bargeIn() throws {
        let device = try PlayedDevice()
        let rig = try PlaybackRig(device.name)
        rig.announce()
        rig.play(32_000)
        rig.wait { $0.vitals.heard.value >= 9_600 }
        let starts = device.control.counters(.playback).starts
        rig.discardBefore.set(Int64(rig.written))
        rig.waitUntilAllIsHeard()
        rig.wait { _ in device.control.counters(.playback).starts > starts }
        let heard = rig.vitals.soundFrames.value
        rig.play(480)
        rig.waitUntilAllIsHeard()
        rig.finish()
        let runs = device.played()
        #expect(runs.count == 2 + Int(rig.vitals.device.xruns.value))
        expectSound(runs.suffix(1), [Array(32_001...32_480)])
        // The device never got past what had been queued in it, and did not even play that to its end.
        #expect((runs.first?.last).map { UInt64($0) < heard } == true)
        #expect(rig.vitals.discardedBytes.value == 64_000 - 2 * heard)
    }

    @Test("barge-in without a speaker empties the ring")
    func bargeInWhileAway() throws {
        let device = try PlayedDevice()
        device.control.unplug()
        let rig = try PlaybackRig(device.name)
        rig.announce()
        rig.play(1_000)
        rig.discardBefore.set(Int64(rig.written))
        rig.waitUntilAllIsHeard()
        #expect(rig.vitals.discardedBytes.value == 2_000)
        rig.finish()
        #expect(device.played().isEmpty)
    }

    @Test("sound in another format than the device's is thrown away, to the byte")
    func otherFormat() throws {
        let device = try PlayedDevice()
        let rig = try PlaybackRig(device.name)
        // Nobody said what these are.
        rig.put(333)
        rig.announce(PCMFormat(rate: SampleRate(hertz: 16_000), channels: 1, sample: .s16))
        rig.put(1_001)
        rig.announce()
        rig.play(1_000)
        // Half a frame, and the rest never comes: the format changes.
        rig.put(1)
        rig.announce(PCMFormat(rate: SampleRate(hertz: 48_000), channels: 1, sample: .s32))
        rig.put(400)
        rig.announce()
        rig.play(500)
        rig.waitUntilAllIsHeard()
        rig.finish()
        expectSound([device.played().flatMap { $0 }], [Array(1...1_500)])
        #expect(rig.vitals.discardedBytes.value == 333 + 1_001 + 1 + 400)
    }

    /// The count was played upwards, with at most one hole of at most `lostAtMost` frames per mishap.
    private func expectInOrder(_ device: PlayedDevice, frames: Int, lostAtMost: Int) {
        let played = device.played().flatMap { $0 }
        #expect(played.first == 1)
        #expect(played.last == Int16(frames))
        #expect(zip(played, played.dropFirst()).allSatisfy { $0 < $1 })
        #expect(played.count >= frames - lostAtMost, "\(frames - played.count) frames lost")
        #expect(played.count < frames)
    }
}
