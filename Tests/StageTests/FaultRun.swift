import Audio
import Capture
import Crossing
import DeviceRecovery
import Glibc
import System
import TestDevice
import Timeline
import Uplink

/// What a process has open and mapped.
struct Holdings: Sendable {
    let descriptors: Int
    let mappedBytes: Int
    let mappings: Int

    static func now() -> Holdings {
        var (bytes, count) = (0, 0)
        for line in lines(of: "/proc/self/maps") {
            let bounds = line.prefix { $0 != " " }.split(separator: "-").map { Int($0, radix: 16) ?? 0 }
            guard bounds.count == 2 else { continue }
            bytes += bounds[1] - bounds[0]
            count += 1
        }
        return Holdings(descriptors: openDescriptors(), mappedBytes: bytes, mappings: count)
    }

    private static func openDescriptors() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return -1 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Not `.`, `..` and the directory itself.
        return count - 3
    }

    private static func lines(of path: String) -> [Substring] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var (bytes, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}

/// How much of a processor a thread takes.
///
/// User-mode Linux charges a thread for what the host's other work took from it meanwhile. So there it is the
/// median quarter of a second that counts: who spins, spins in most of them. Where time is virtual, processor
/// time is none, and who spins does so for ever.
struct ProcessorLoad {
    /// Percent. A guest is charged for what its host does, too; who spins takes far more than that.
    static let bound: Double = FaultyDevice.isAtHostsMercy ? 25 : 5

    private let meter: ThreadMeter
    private let begin: (time: Int64, used: Int64)
    private var last: (time: Int64, used: Int64)
    private var slices: [Double] = []

    init(_ meter: ThreadMeter) {
        self.meter = meter
        begin = (Clocks.monotonic, meter.nanoseconds)
        last = begin
    }

    mutating func look() {
        let now = (time: Clocks.monotonic, used: meter.nanoseconds)
        guard now.time - last.time >= 250_000_000 else { return }
        slices.append(Self.percent(from: last, to: now))
        last = now
    }

    /// Nil where it cannot be known.
    var percent: Double? {
        if FaultyDevice.isVirtualTime { return nil }
        if ScenarioCard.isKernel, !slices.isEmpty { return slices.sorted()[slices.count / 2] }
        return Self.percent(from: begin, to: (Clocks.monotonic, meter.nanoseconds))
    }

    private static func percent(
        from begin: (time: Int64, used: Int64), to end: (time: Int64, used: Int64)
    ) -> Double {
        100 * Double(end.used - begin.used) / Double(max(1, end.time - begin.time))
    }
}

/// What came of a fault.
struct FaultResult: Sendable {
    let name: String
    var outcome = "passed"
    var reasons: [String] = []
    /// From the end of the fault to the first frame captured after it.
    var backSeconds: Double?
    /// How far the packets after the fault are from their place.
    var gapErrorFrames: Double?
    /// Of the capture thread, from the fault's begin until it was back; on the kernel, of the median quarter
    /// of a second.
    var cpuPercent: Double?
    var gaps = 0
    var before: Holdings?
    var after: Holdings?

    init(_ name: String) { self.name = name }

    mutating func expect(_ condition: Bool, _ reason: @autoclosure () -> String) {
        guard !condition else { return }
        outcome = "failed"
        reasons.append(reason())
    }

    mutating func skip(_ reason: String) {
        outcome = "skipped"
        reasons.append(reason)
    }

    /// One line of JSON, keys in order.
    var line: String {
        func number(_ value: Double?) -> String {
            value.map { "\(($0 * 1_000).rounded() / 1_000)" } ?? "null"
        }
        func held(_ value: KeyPath<Holdings, Int>) -> String {
            guard let before, let after else { return "null" }
            return "[\(before[keyPath: value]),\(after[keyPath: value])]"
        }
        let said = reasons.map { reason in
            "\"" + reason.map { $0 == "\"" || $0 == "\\" ? "'" : String($0) }.joined() + "\""
        }
        return "{\"back_s\":\(number(backSeconds)),\"cpu_percent\":\(number(cpuPercent)),"
            + "\"descriptors\":\(held(\.descriptors)),\"device\":\"\(FaultyDevice.kind)\","
            + "\"fault\":\"\(name)\",\"gap_error_frames\":\(number(gapErrorFrames)),\"gaps\":\(gaps),"
            + "\"mapped_bytes\":\(held(\.mappedBytes)),\"outcome\":\"\(outcome)\","
            + "\"reasons\":[\(said.joined(separator: ","))]}"
    }
}

/// One fault, from a microphone that works to one that works again.
struct FaultRun {
    let fault: DeviceFault
    /// How long the fault lasts.
    let seconds: Double
    /// Nothing else runs in this process: what it holds can be counted.
    var isAlone = false
    /// What a busy machine may add to the time until capture is back, and half of it to the age of packets.
    var graceSeconds = FaultyDevice.isAtHostsMercy ? 1.0 : 0

    private var result: FaultResult

    init(_ fault: DeviceFault, seconds: Double) {
        self.fault = fault
        self.seconds = seconds
        result = FaultResult(fault.rawValue)
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

    /// When the fault began and ended: each between two instants of `CLOCK_BOOTTIME`.
    private struct Spell {
        var begin: ClosedRange<Int64>
        var end: ClosedRange<Int64>

        var middleNanoseconds: Int64 {
            (end.lowerBound + end.upperBound - begin.lowerBound - begin.upperBound) / 2
        }
        /// How uncertain that is.
        var doubtNanoseconds: Int64 {
            (end.upperBound - end.lowerBound + begin.upperBound - begin.lowerBound) / 2
        }
    }

    private mutating func suffer() throws {
        let device = try FaultyDevice()
        let isLate = fault == .late
        var begin: ClosedRange<Int64>?
        if isLate { begin = try Self.bracket { try device.begin(fault) } }
        let rig = try FaultRig(device.name)
        if !isLate {
            result.expect(rig.hear { $0.packets.count >= 50 }, "no sound before the fault")
            if isAlone { result.before = Holdings.now() }
            begin = try Self.bracket { try device.begin(fault) }
        }
        guard let begin else { return }
        let settled = rig.packets.count
        var load = ProcessorLoad(rig.captureMeter)
        let over = begin.upperBound + Int64(seconds * 1_000_000_000)
        while Clocks.boottime < over {
            try device.goOn(fault, rig)
            rig.hear(seconds: 0.025)
            load.look()
        }
        let spell = Spell(begin: begin, end: try Self.bracket { try device.end(fault) })
        let isBack = rig.hear { ($0.packets.last?.capturedAt ?? 0) >= spell.end.upperBound }
        result.expect(isBack, "capture is not back: \(String(describing: rig.state))")
        guard isBack, let first = rig.packets.first(where: { $0.capturedAt >= spell.end.upperBound })
        else { return }
        result.cpuPercent = load.percent
        result.backSeconds = Double(first.capturedAt - spell.end.lowerBound) / 1_000_000_000
        let count = rig.packets.count
        // A loss the device does not tell of is noticed half a second later.
        rig.hear { $0.packets.count >= count + (fault.stopsClock ? 100 : 60) }
        if isAlone { result.after = Holdings.now() }
        rig.finish()
        judge(rig, spell, settled: settled)
    }

    private static func bracket(_ body: () throws -> Void) rethrows -> ClosedRange<Int64> {
        let before = Clocks.boottime
        try body()
        return before...Clocks.boottime
    }

    // MARK: what must be true

    private mutating func judge(_ rig: FaultRig, _ spell: Spell, settled: Int) {
        result.gaps = rig.gaps.count
        result.expect(rig.seams == 0, "\(rig.seams) records do not adjoin the one before")
        result.expect(rig.uplink.overflowFrames.value == 0, "the journal was full")
        result.expect(rig.vitals.overflowFrames.value == 0, "a ring was full")
        // The machine may be so busy that the device overruns, of which the count tells.
        let others = rig.gaps.count {
            $0.cause == .xrun || FaultyDevice.isAtHostsMercy && $0.cause == .deviceError
        }
        let ownGaps = rig.gaps.count - (fault.isDrift ? others : 0)
        result.expect(fault.isDrift ? ownGaps <= 0 : ownGaps > 0, "\(rig.gaps.count) gaps")
        let cpu = result.cpuPercent ?? 0
        result.expect(cpu < ProcessorLoad.bound, "the capture thread took \(cpu) % of a processor")
        let late = result.backSeconds ?? .infinity
        result.expect(late <= 1 + graceSeconds, "capture was back after \(late) s")
        judgeTimes(rig)
        judgePlaces(rig, spell, settled: settled)
        judgeDrift(rig)
        if let before = result.before, let after = result.after {
            let (was, now) = (before.descriptors, after.descriptors)
            result.expect(was == now, "\(was) descriptors became \(now)")
        }
    }

    /// No packet was captured after it was seen, and of each fifteen in a row some were seen about when they
    /// were whole. What a clock that stood still has cost is noticed half a second later only.
    private mutating func judgeTimes(_ rig: FaultRig) {
        let ages = rig.packets.map { packet in
            Double(packet.seenAt - packet.capturedAt - Self.nanoseconds(Double(packet.frames))) / 1_000_000
        }
        let youngest = ages.min() ?? .infinity
        result.expect(youngest > -1, "a packet was seen \(-youngest) ms before it was captured")
        let looked = fault.stopsClock ? ages.suffix(30)[...] : ages[...]
        let spells = stride(from: looked.startIndex, to: looked.endIndex - 14, by: 1)
        let oldest = spells.map { looked[$0..<$0 + 15].min() ?? 0 }.max() ?? .infinity
        // A packet that is cut short by the fault waited for the rest of it, and for the period it ends in.
        result.expect(oldest < 30 + 500 * graceSeconds, "fifteen packets were \(oldest) ms old or older")
        let causes = Set(rig.gaps.map(\.cause)).subtracting(
            FaultyDevice.isAtHostsMercy ? [.xrun, .deviceError] : [.xrun])
        result.expect(
            causes.isSubset(of: [fault.cause]), "causes: \(causes.map(\.name).sorted())")
    }

    private mutating func judgePlaces(_ rig: FaultRig, _ spell: Spell, settled: Int) {
        let isRamp = !ScenarioCard.isKernel
        let slip = rig.packets.map(\.slip).max() ?? 0
        // A restart is known to the frame: one that cost a frame may be told to have cost none.
        if isRamp { result.expect(slip <= 1, "\(slip) frames are untold") }
        let error: Double
        var doubt = 0.0
        if isRamp && fault != .late {
            error = errorByRamp(rig, spell)
            if fault.stopsClock { doubt = Self.frames(spell.doubtNanoseconds) }
        } else {
            error = errorByTime(rig, settled: settled)
        }
        result.gapErrorFrames = error
        result.expect(
            abs(error) <= Double(FaultRig.period) + doubt, "sound is \(error) frames from its place")
    }

    /// The greatest distance of a packet from where the device's own count puts it. While a clock stands
    /// still it counts nothing, and that it did is noticed a while later: only what came after is looked at.
    private func errorByRamp(_ rig: FaultRig, _ spell: Spell) -> Double {
        guard let first = rig.packets.first else { return .infinity }
        let origin = Int64(first.count) - first.position
        let stood = fault.stopsClock ? Int64(Self.frames(spell.middleNanoseconds).rounded()) : 0
        let looked = fault.stopsClock ? rig.packets.suffix(30)[...] : rig.packets[...]
        let errors = looked.map { packet in
            Int16(truncatingIfNeeded: packet.position - (Int64(packet.count) + stood - origin))
        }
        return errors.map(Double.init).max { abs($0) < abs($1) } ?? .infinity
    }

    /// How much later, by its place, than before the fault the promptest of the packets was seen. Where there
    /// is no before, how far the time a packet is said to have from the start is from its place.
    private func errorByTime(_ rig: FaultRig, settled: Int) -> Double {
        func delay(_ packets: ArraySlice<HeardPacket>) -> Int64 {
            packets.map { $0.seenAt - Self.nanoseconds(Double($0.end)) }.min() ?? 0
        }
        guard let last = rig.packets.last else { return .infinity }
        guard settled > 0 else {
            return Double(last.position) - Self.frames(last.capturedAt - rig.startedAt)
        }
        let passed = Double(last.position - rig.packets[settled - 1].position)
        let expected = -passed * fault.driftPartsPerMillion / 1_000_000
        return expected - Self.frames(delay(rig.packets.suffix(50)) - delay(rig.packets[..<settled]))
    }

    /// Known after a minute.
    private mutating func judgeDrift(_ rig: FaultRig) {
        guard fault.isDrift, seconds > 65, rig.gaps.isEmpty else { return }
        let measured = Double(rig.uplink.drift ?? 0) / 1_000
        // Some of what was looked at was before and after.
        result.expect(
            abs(measured - fault.driftPartsPerMillion) < 50, "the drift was measured as \(measured) ppm")
    }

    private static func nanoseconds(_ frames: Double) -> Int64 {
        Int64(frames * 1_000_000_000 / Double(FaultRig.rate))
    }

    private static func frames(_ nanoseconds: Int64) -> Double {
        Double(nanoseconds) * Double(FaultRig.rate) / 1_000_000_000
    }
}
