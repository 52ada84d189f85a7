import Capture
import Crossing
import DeviceRecovery
import Glibc
import System
import TestDevice
import Timeline

/// A microphone that is lost and found twenty times, by a process that does nothing else: each time costs its
/// gap and nothing more, and after twenty of them the process holds what it held after two.
struct FaultRounds {
    /// Unplug, EBADFD or EIO.
    let fault: DeviceFault
    /// The longest time the device is away; rounds differ.
    let seconds: Double
    static let count = 20
    /// How many packets are heard after each.
    var packets = 10

    private var result: FaultResult

    init(_ fault: DeviceFault, seconds: Double) {
        self.fault = fault
        self.seconds = seconds
        result = FaultResult("\(fault) x\(Self.count)")
    }

    mutating func run() -> FaultResult {
        if let obstacle = FaultyDevice.obstacle(to: fault) {
            result.skip(obstacle)
            return result
        }
        do {
            try suffer()
        } catch {
            result.expect(false, "\(error)")
        }
        return result
    }

    private mutating func suffer() throws {
        let device = try FaultyDevice()
        let rig = try FaultRig(device.name)
        rig.reserve(packets: 20_000)
        var before = hear(rig, since: 0)
        var load = ProcessorLoad(rig.captureMeter)
        for round in 1...Self.count {
            try lose(device, rig, for: seconds * Double(round * 7 % Self.count) / Double(Self.count))
            let found = try find(device, rig, round)
            let after = hear(rig, since: found)
            let error = Self.error(between: before, after)
            if abs(error) > abs(result.gapErrorFrames ?? 0) { result.gapErrorFrames = error }
            result.expect(
                abs(error) <= Double(FaultRig.period), "round \(round): sound is \(error) frames away")
            before = after
            load.look()
            if round == 2 { result.before = Holdings.now() }
        }
        result.after = Holdings.now()
        result.cpuPercent = load.percent
        rig.finish()
        judge(rig)
    }

    private func lose(_ device: FaultyDevice, _ rig: FaultRig, for seconds: Double) throws {
        let opens = rig.vitals.device.opens.value
        switch fault {
        case .ebadfd: device.breakHandle()
        case .eio: device.injectIOError()
        default:
            device.unplug()
            rig.hear { $0.state == .waiting }
            rig.hear(seconds: seconds)
            return
        }
        rig.hear { $0.vitals.device.opens.value > opens || $0.state == .waiting }
    }

    /// Returns the index of the first packet after the fault.
    private mutating func find(_ device: FaultyDevice, _ rig: FaultRig, _ round: Int) throws -> Int {
        let end = Clocks.boottime
        if fault == .unplug { try device.replug() }
        let isBack = rig.hear { ($0.packets.last?.capturedAt ?? 0) >= end }
        guard isBack, let found = rig.packets.firstIndex(where: { $0.capturedAt >= end }) else {
            throw FaultyDevice.Refused("round \(round): capture is not back")
        }
        let late = Double(rig.packets[found].capturedAt - end) / 1_000_000_000
        result.backSeconds = max(result.backSeconds ?? 0, late)
        return found
    }

    /// Some packets from the one with this index on, or more.
    private func hear(_ rig: FaultRig, since first: Int) -> ArraySlice<HeardPacket> {
        rig.hear { $0.packets.count >= first + packets }
        return rig.packets[first...]
    }

    /// How far what was heard afterwards is from its place, by the device's own count, or by the time of the
    /// promptest packet.
    private static func error(
        between before: ArraySlice<HeardPacket>, _ after: ArraySlice<HeardPacket>
    ) -> Double {
        guard let one = before.first, let other = after.first else { return .infinity }
        guard ScenarioCard.isKernel else {
            let passed = Int64(other.count) - Int64(one.count)
            return Double(Int16(truncatingIfNeeded: other.position - one.position - passed))
        }
        func delay(_ packets: ArraySlice<HeardPacket>) -> Double {
            packets.map { Double($0.seenAt) * Double(FaultRig.rate) / 1_000_000_000 - Double($0.end) }
                .min() ?? 0
        }
        return delay(before) - delay(after)
    }

    private mutating func judge(_ rig: FaultRig) {
        result.gaps = rig.gaps.count
        result.expect(rig.seams == 0, "\(rig.seams) records do not adjoin the one before")
        result.expect(rig.gaps.count >= Self.count, "\(rig.gaps.count) gaps in \(Self.count) rounds")
        let cpu = result.cpuPercent ?? 0
        result.expect(cpu < ProcessorLoad.bound, "the capture thread took \(cpu) % of a processor")
        let late = result.backSeconds ?? .infinity
        result.expect(late <= (FaultyDevice.isAtHostsMercy ? 2 : 1), "capture was back after \(late) s")
        guard let before = result.before, let after = result.after else { return }
        let (was, now) = (before.descriptors, after.descriptors)
        result.expect(was == now, "\(was) descriptors became \(now)")
        // A handle that was forgotten holds a stack, or two pages: eighteen of them are more than this.
        let grown = after.mappedBytes - before.mappedBytes
        result.expect(grown <= 140 << 10, "\(grown) bytes more are mapped")
        result.expect(after.mappings - before.mappings <= 4, "\(before.mappings) mappings: \(after.mappings)")
    }
}
