import Audio
import Capture
import Crossing
import DeviceRecovery
import Glibc
import System
import TestDevice
import Testing
import Timeline
import Uplink

/// Does something again and again, on a thread of its own.
private final class Storm {
    private let isOver = Flag()
    private let call: BlockingCall<Int>

    init(_ body: @escaping @Sendable () -> Void) {
        let isOver = isOver
        call = BlockingCall {
            var count = 0
            while !isOver.isRaised {
                body()
                count += 1
                // Often enough that the device is never without one, and no spin of its own.
                _ = poll(nil, 0, 1)
            }
            return count
        }
    }

    deinit { isOver.set(true) }

    /// Ends it; how often it was done.
    func end() -> Int {
        isOver.set(true)
        return call.finish() ?? 0
    }
}

@Suite("A storm of overruns") struct DeviceFaultStormTests {
    /// Every frame is in a packet or in a gap, at its place.
    private func expectAllInPlace(_ rig: FaultRig, _ location: SourceLocation = #_sourceLocation) {
        #expect(rig.seams == 0, sourceLocation: location)
        let slip = rig.packets.map { $0.slip }.max() ?? 0
        // A restart is known to the frame: one that cost a frame may be told to have cost none.
        #expect(slip <= 1, "\(slip) frames untold", sourceLocation: location)
        #expect(rig.uplink.overflowFrames.value == 0, sourceLocation: location)
        guard let first = rig.packets.first else { return }
        let errors = rig.packets.map { packet in
            Int16(
                truncatingIfNeeded: packet.position - first.position - Int64(packet.count)
                    + Int64(first.count))
        }
        let worst = errors.max { abs(Int($0)) < abs(Int($1)) } ?? 0
        #expect(
            abs(Int(worst)) <= FaultRig.period, "\(worst) frames from its place", sourceLocation: location)
    }

    @Test("as fast as the device can: no spin, nothing untold, and sound again when it is over")
    func asFastAsCanBe() throws {
        let (name, control) = try StageDevices.make()
        let rig = try FaultRig(name, markCapacity: 8)
        #expect(rig.hear { $0.packets.count >= 20 })
        let used = (rig.captureMeter.nanoseconds, rig.uplinkMeter.nanoseconds)
        let begun = Clocks.monotonic
        let storm = Storm { control.injectXrun(.capture) }
        rig.hear(seconds: 3)
        let blows = storm.end()
        let passed = Clocks.monotonic - begun
        let over = Clocks.boottime
        #expect(rig.hear { ($0.packets.last?.capturedAt ?? 0) >= over })
        let spent = (rig.captureMeter.nanoseconds - used.0, rig.uplinkMeter.nanoseconds - used.1)
        let count = rig.packets.count
        rig.hear { $0.packets.count >= count + 20 }
        rig.finish()
        #expect(blows > 100)
        #expect(rig.vitals.device.xruns.value >= 10)
        #expect(spent.0 < passed / 20, "capture took \(spent.0) ns of \(passed)")
        #expect(spent.1 < passed / 20, "the uplink took \(spent.1) ns of \(passed)")
        expectAllInPlace(rig)
    }

    @Test("one after every period: the uplink keeps up, and marks that find no room are told later")
    func oneAPeriod() throws {
        let (name, control) = try StageDevices.make()
        let rig = try FaultRig(name, markCapacity: 4)
        #expect(rig.hear { $0.packets.count >= 20 })
        let storm = Storm { [periods = rig.vitals.periods, last = Counter()] in
            guard periods.value != last.value else { return }
            last.add(periods.value - last.value)
            control.injectXrun(.capture)
        }
        #expect(rig.hear { $0.vitals.device.xruns.value >= 200 })
        _ = storm.end()
        // What was captured during the storm is in the journal, not on a heap behind it.
        let count = rig.packets.count
        #expect(rig.hear { $0.packets.count >= count + 50 })
        rig.finish()
        #expect(rig.vitals.overflowFrames.value == 0)
        expectAllInPlace(rig)
    }

    @Test("with nobody reading: what no mark had room for is in the next one")
    func unread() throws {
        let (name, control) = try StageDevices.make()
        let rig = try CaptureRig(name, rate: 16_000, ringBytes: 1 << 15, markCapacity: 4)
        rig.wait { $0.vitals.periods.value >= 10 }
        let storm = Storm { [periods = rig.vitals.periods, last = Counter()] in
            guard periods.value != last.value else { return }
            last.add(periods.value - last.value)
            control.injectXrun(.capture)
        }
        rig.wait { $0.vitals.device.xruns.value >= 100 }
        _ = storm.end()
        let before = rig.vitals.frames.value
        rig.read { $0.counts.count >= Int(before) + 3_200 }
        rig.finish()
        // Marks hold all that was lost: overruns, and what came while there was no room for a mark.
        let told = rig.marks(.missing).reduce(0) { $0 + $1.missing }
        let counted = rig.vitals.missingFrames.value + rig.vitals.overflowFrames.value
        #expect(UInt64(told) == counted)
        let lost = rig.jumps.reduce(0) { $0 + $1.frames }
        #expect(abs(Int(told) - lost) <= 160, "\(told) frames told, \(lost) missing")
    }
}
