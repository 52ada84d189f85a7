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
        #expect(rig.wrongFrames == 0)
        expectAllAccountedFor(rig)
        #expect(rig.vitals.frames.value == UInt64(rig.counts.count))
    }

    @Test("says to the frame what an overrun cost", arguments: [8_000, 16_000, 48_000])
    func overrun(rate: Int) throws {
        let (name, control) = try StageDevices.make()
        let rig = try CaptureRig(name, rate: rate)
        for round in 1...4 {
            let before = rig.vitals.device.xruns.value
            rig.read { $0.counts.count >= round * rate / 5 }
            control.injectXrun(.capture)
            rig.read { $0.vitals.device.xruns.value > before }
        }
        rig.read { $0.counts.count >= rate }
        #expect(rig.marks(.closed).isEmpty)
        rig.finish()
        expectAllAccountedFor(rig)
        #expect(rig.marks(.missing).allSatisfy { $0.cause == .xrun })
        #expect(rig.marks(.missing).count >= 3)
    }

    @Test("a microphone unplugged and replugged costs the time it was away, and no more frames")
    func unplugAndReplug() throws {
        let (name, control) = try StageDevices.make()
        let rig = try CaptureRig(name, rate: 16_000)
        rig.read { $0.counts.count >= 3_200 }
        control.unplug()
        rig.read { $0.state == .waiting && $0.vitals.device.lastError.value == Int64(-ENODEV) }
        control.replug()
        let before = rig.counts.count
        rig.read { $0.counts.count >= before + 3_200 }
        #expect(rig.story == [.opened, .closed, .opened, .missing])
        #expect(rig.marks(.closed).first?.cause == .unplugged)
        #expect(rig.marks(.missing).first?.cause == .unplugged)
        rig.finish()
        expectAllAccountedFor(rig)
        #expect(rig.vitals.device.opens.value == 2)
    }

    @Test("a handle the kernel gave up is replaced, and the hole is told")
    func brokenHandle() throws {
        let (name, control) = try StageDevices.make()
        let rig = try CaptureRig(name, rate: 16_000)
        rig.read { $0.counts.count >= 1_600 }
        control.breakHandle(.capture)
        rig.read { $0.vitals.device.opens.value == 2 && $0.counts.count >= 4_800 }
        #expect(rig.marks(.closed).first?.cause == .unplugged)
        control.injectIOError(.capture)
        let before = rig.counts.count
        rig.read { $0.vitals.device.opens.value == 3 && $0.counts.count >= before + 1_600 }
        #expect(rig.marks(.closed).last?.cause == .deviceError)
        rig.finish()
        expectAllAccountedFor(rig)
    }

    @Test("a suspend is told as one, and capture goes on in the same handle")
    func suspend() throws {
        let (name, control) = try StageDevices.make()
        let rig = try CaptureRig(name, rate: 16_000)
        rig.read { $0.counts.count >= 1_600 }
        control.suspend(.capture)
        rig.read { $0.vitals.device.suspends.value == 1 && $0.state == .running }
        let before = rig.counts.count
        rig.read { $0.counts.count >= before + 1_600 }
        rig.finish()
        expectAllAccountedFor(rig)
        #expect(rig.marks(.missing).allSatisfy { $0.cause == .suspend })
        #expect(rig.vitals.device.opens.value == 1)
    }

    @Test("a device that hangs without a word is opened afresh")
    func hang() throws {
        let (name, control) = try StageDevices.make()
        let rig = try CaptureRig(name, rate: 16_000)
        rig.read { $0.counts.count >= 1_600 }
        control.hang()
        rig.read { $0.vitals.device.hangs.value == 1 }
        control.resume()
        let before = rig.counts.count
        rig.read { $0.counts.count >= before + 1_600 }
        #expect(rig.marks(.closed).first?.cause == .deviceError)
        // The device's clock stood still, ours did not: the time is missing though the ramp goes on.
        #expect(rig.marks(.missing).first.map { $0.missing >= 8_000 } == true)
        rig.finish()
    }

    @Test("a busy device is waited for, and what it would have captured is missing")
    func busyAtStart() throws {
        let (name, control) = try StageDevices.make()
        control.refuseOpening(EBUSY)
        let rig = try CaptureRig(name, rate: 16_000)
        rig.wait { $0.vitals.device.lastError.value == Int64(-EBUSY) }
        #expect(rig.state == .waiting)
        control.refuseOpening(nil)
        rig.read { $0.counts.count >= 1_600 }
        #expect(rig.story == [.opened, .missing])
        // At least the first pause between two attempts.
        #expect(rig.marks(.missing).first.map { $0.missing >= 4_000 } == true)
        #expect(rig.counts.first == 0)
        rig.finish()
        expectAllAccountedFor(rig)
    }

    @Test("a device that comes late is opened when it comes")
    func lateDevice() throws {
        let (name, control) = try StageDevices.make()
        control.unplug()
        let rig = try CaptureRig(name, rate: 16_000)
        rig.wait { $0.vitals.device.lastError.value == Int64(-ENODEV) }
        control.replug()
        rig.read { $0.counts.count >= 1_600 }
        #expect(rig.marks(.missing).first?.cause == .unplugged)
        rig.finish()
    }

    @Test("a wrong name is waited for like a missing device, and stopping ends the wait")
    func wrongName() throws {
        _ = try StageDevices.make()
        let rig = try CaptureRig("no-such-device")
        rig.wait { $0.vitals.device.lastError.value == Int64(-ENOENT) }
        rig.finish()
        #expect(rig.state == .stopped)
        #expect(rig.marks.isEmpty)
    }

    @Test("a full ring costs the frames that did not fit, and a mark says how many")
    func ringOverflow() throws {
        let (name, _) = try StageDevices.make()
        let rig = try CaptureRig(name, ringBytes: 9_600)
        rig.wait { $0.vitals.overflowFrames.value >= 4_800 }
        rig.read { $0.counts.count >= 9_600 }
        #expect(rig.marks(.missing).first?.cause == .overflow)
        rig.finish()
        expectAllAccountedFor(rig)
        #expect(rig.jumps.contains { $0.frames >= 4_800 })
    }

    @Test("marks that find no room are merged, and no frame goes before its mark")
    func markRingOverflow() throws {
        let (name, control) = try StageDevices.make()
        let rig = try CaptureRig(name, rate: 16_000, markCapacity: 2)
        rig.wait { $0.vitals.periods.value >= 10 }
        control.injectXrun(.capture)
        rig.wait { $0.vitals.overflowFrames.value >= 1_600 }
        control.unplug()
        rig.wait { $0.state == .waiting }
        control.replug()
        rig.wait { $0.vitals.device.opens.value == 2 && $0.vitals.overflowFrames.value >= 3_200 }
        let before = rig.vitals.frames.value
        rig.read { $0.counts.count >= Int(before) + 1_600 }
        rig.finish()
        expectAllAccountedFor(rig, slack: 2)
        #expect(rig.jumps.count == 1)
        #expect(rig.marks.map(\.kind).filter { $0 != .missing } == [.opened, .closed, .opened, .closed])
    }

    /// Every jump of the ramp is told by marks at its place: exact but for a frame of the device clock each.
    private func expectAllAccountedFor(_ rig: CaptureRig, slack: Int = 1) {
        for (place, frames) in rig.jumps {
            let told = rig.missing(before: place)
            #expect(abs(frames - told) <= slack, "\(told) frames told, \(frames) missing, before \(place)")
        }
        let places = Set(rig.jumps.map(\.place))
        for (mark, place) in zip(rig.marks, rig.places) where mark.kind == .missing && place > 0 {
            let told = rig.missing(before: place)
            #expect(
                places.contains(place) || told <= slack, "\(told) frames told, none missing, before \(place)")
        }
    }
}
