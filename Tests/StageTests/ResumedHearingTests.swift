import Audio
import Capture
import Crossing
import DeviceRecovery
import Glibc
import SignalChain
import System
import TestDevice
import Testing
import Timeline

@testable import Uplink

/// A session that goes on after the program was started anew.
@Suite("A session that goes on after a restart") struct ResumedHearingTests {
    private let position: Int64 = 777_777

    /// One gap from where the audio ended to where the packets begin; those lie where their time says.
    private func expectGoesOn(_ rig: HearingRig, after end: BootTime, _ location: SourceLocation) {
        let gaps = rig.entries.filter { $0.kind == .gap && $0.cause == .restart }
        #expect(gaps.count == 1, sourceLocation: location)
        #expect(rig.entries.first == gaps.first, sourceLocation: location)
        #expect(gaps.first?.position.frames == position, sourceLocation: location)
        #expect(gaps.first?.capturedAt == end, sourceLocation: location)
        guard let first = rig.packets.first else { return }
        #expect(gaps.first?.end == first.position, sourceLocation: location)
        let passed = Double((first.capturedAt - end).wholeNanoseconds) * 16_000 / 1_000_000_000
        let distance = Double(first.position.frames - position)
        #expect(
            abs(passed - distance) <= 1.5, "\(passed) frames passed, \(distance) on the timeline",
            sourceLocation: location)
    }

    @Test("begins with one gap, exact to the frame", arguments: [16_000, 44_100, 48_000])
    func exactGap(rate: Int) throws {
        let (name, _) = try StageDevices.make()
        let end = BootTime(nanoseconds: Clocks.boottime - 3_500_000_000)
        let rig = try HearingRig(name, rate: rate, start: position, resumingAfter: end)
        rig.hear { $0.packets.count >= 5 }
        rig.finish()
        expectGoesOn(rig, after: end, #_sourceLocation)
        #expect(rig.packets.first.map { $0.position.frames - position >= 56_000 } == true)
    }

    @Test("has a gap that lasts until its device appears, and a position before that")
    func lateDevice() throws {
        let (name, control) = try StageDevices.make()
        control.unplug()
        let end = BootTime(nanoseconds: Clocks.boottime - 50_000_000)
        let rig = try HearingRig(name, start: position, resumingAfter: end)
        #expect(rig.uplink.position.value == position)
        rig.hear { $0.vitals.device.lastError.value == Int64(-ENODEV) }
        #expect(rig.uplink.position.value == position && rig.entries.isEmpty)
        control.replug()
        rig.hear { $0.packets.count >= 5 }
        rig.finish()
        expectGoesOn(rig, after: end, #_sourceLocation)
    }

    @Test("goes on at its position where no time has passed")
    func noTime() throws {
        let (name, _) = try StageDevices.make()
        let rig = try HearingRig(
            name, start: position, resumingAfter: BootTime(nanoseconds: Clocks.boottime + 3_600_000_000_000))
        rig.hear { $0.packets.count >= 2 }
        rig.finish()
        #expect(rig.entries.first?.kind == .packet)
        #expect(rig.entries.first?.position.frames == position)
    }

    @Test("records the shortest restart as a gap, and never fills it")
    func shortRestart() throws {
        let end = BootTime(nanoseconds: 5_000_000_000)
        let rig = try UplinkRig(.opus(), .s16(48_000), start: position, resumingAfter: end)
        rig.mark(.missing, .restart, missing: 4_800)
        rig.mark(.time, monotonic: 5_100_000_000)
        rig.push(Sound.samples(4_800))
        rig.stop()
        #expect(rig.gapRecords.map(\.cause) == [.restart])
        #expect(rig.gapRecords.map(\.frames.value) == [1_600])
        #expect(rig.gapRecords.map(\.capturedAt) == [end])
        #expect(rig.packets.first?.entry.position.frames == position + 1_600)
        #expect(rig.packets.first?.entry.capturedAt.nanoseconds == 5_100_000_000)
        rig.expectAdjoining()
        rig.expectBalanced()
    }
}
