import Glibc
import System
import TestDevice
import Testing

/// Capture and uplink through all that can happen to a device: on the test device and, with
/// `Scripts/kernel-test`, on the kernel's.
@Suite("Scenarios: what a faulty device costs")
struct DeviceFaultScenarios {
    @Test("a fault costs the time it lasts, to a period, and capture is back")
    func everyFault() {
        // There is one kernel, but as many test devices as there are faults.
        let calls = DeviceFault.allCases.map { fault in
            let call = BlockingCall {
                var run = FaultRun(fault, seconds: fault == .stall ? 0.3 : 1.5)
                run.graceSeconds = 1
                return run.run()
            }
            if ScenarioCard.isKernel { _ = Self.end(of: call) }
            return call
        }
        for (call, fault) in zip(calls, DeviceFault.allCases) {
            let result = Self.end(of: call)
            #expect(
                result?.outcome != nil && result?.outcome != "failed", "\(fault): \(result?.reasons ?? [])")
        }
    }

    /// Calls last longer than they are waited for at a time.
    private static func end(of call: BlockingCall<FaultResult>) -> FaultResult? {
        for _ in 0..<5 {
            if let result = call.finish() { return result }
        }
        return nil
    }

    @Test("twenty times unplugged and replugged: each its gap, and nothing is left behind")
    func twentyRounds() async {
        await #expect(processExitsWith: .success) {
            var rounds = FaultRounds(.unplug, seconds: 0.1)
            rounds.packets = ScenarioCard.isKernel ? 15 : 3
            let result = rounds.run()
            #expect(result.outcome != "failed", "\(result.line)")
        }
    }

    static let isMatrix = environment("EARPOST_DEVICES") == "1"

    @Test(
        "every fault, one after the other",
        .enabled(if: isMatrix, "takes minutes: Scripts/devices runs it (EARPOST_DEVICES=1)"))
    func matrix() throws {
        var results: [FaultResult] = []
        let seconds = Self.environment("EARPOST_DEVICES_SECONDS").flatMap { Double($0) }
        for fault in DeviceFault.allCases {
            let usual = fault == .stall ? 0.4 : fault.isDrift ? 70.0 : 5
            var run = FaultRun(fault, seconds: min(usual, seconds ?? usual))
            run.isAlone = true
            results.append(run.run())
        }
        for fault in [DeviceFault.unplug, .ebadfd, .eio] {
            var rounds = FaultRounds(fault, seconds: min(2, seconds ?? 2))
            results.append(rounds.run())
        }
        if let path = Self.environment("EARPOST_DEVICES_REPORT") {
            let text = results.map { $0.line + "\n" }.joined()
            let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            let bytes = Array(text.utf8)
            #expect(write(file, bytes, bytes.count) == bytes.count)
            close(file)
        }
        for result in results {
            #expect(result.outcome != "failed", "\(result.name): \(result.reasons)")
        }
    }

    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
