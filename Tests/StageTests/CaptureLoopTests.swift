import Audio
import Capture
import Crossing
import DeviceRecovery
import Glibc
import TestDevice
import Testing
import Timeline

@Suite("The capture loop") struct CaptureLoopTests {
    @Test(
        "moves every frame into the ring, in order, in every format",
        arguments: Audio.SampleFormat.allCases, [1, 2, 8])
    func everyFrame(sample: Audio.SampleFormat, channels: Int) throws {
        let (name, _) = try StageDevices.make()
        let rig = try CaptureRig(name, channels: channels, sample: sample)
        rig.read { $0.counts.count >= 9_600 }
        rig.finish()
        #expect(rig.format == PCMFormat(rate: SampleRate(hertz: 48_000), channels: channels, sample: sample))
        #expect(rig.counts.first == 0)
        #expect(rig.jumps.isEmpty)
        #expect(rig.wrongFrames == 0)
        #expect(rig.vitals.frames.value == UInt64(rig.counts.count))
    }

    @Test("says to the frame what an overrun cost", arguments: [8_000, 16_000, 48_000])
    func overrun(rate: Int) throws {
        let (name, control) = try StageDevices.make()
        let rig = try CaptureRig(name, rate: rate)
        for round in 1...4 {
            rig.read { $0.counts.count >= round * rate / 5 }
            control.injectXrun(.capture)
            rig.read { $0.vitals.device.xruns.value == UInt64(round) }
        }
        rig.read { $0.counts.count >= rate }
        rig.finish()
        #expect(rig.marks(.closed).isEmpty)
        for (place, frames) in rig.jumps {
            print("xrun", rate, frames, rig.missing(before: place))
            #expect(abs(frames - rig.missing(before: place)) <= 1)
        }
        #expect(rig.marks(.missing).allSatisfy { $0.cause == .xrun })
    }
}
