import ControlProtocol
import Synchronization
import System

/// Runs many cases at once: most of the time they wait.
final class OutageCrew: Sendable {
    private struct Desk {
        var waiting: [Outage]
        var results: [OutageResult] = []
    }

    private let desk: Mutex<Desk>

    private init(_ outages: [Outage]) { desk = Mutex(Desk(waiting: outages.reversed())) }

    /// Runs `outages`, `width` of them at a time; returns what became of each.
    static func results(of outages: [Outage], width: Int) throws -> [OutageResult] {
        let crew = OutageCrew(outages)
        try crew.start(min(width, outages.count))
        return crew.desk.withLock(\.results)
    }

    /// Starts that many threads and waits for them, the last one first.
    private func start(_ count: Int) throws {
        guard count > 0 else { return }
        let thread = try WorkerThread(name: "outages") { [self] in
            while let outage = next() { done(Self.runAlone(outage)) }
        }
        try start(count - 1)
        thread.join()
    }

    private func next() -> Outage? { desk.withLock { $0.waiting.popLast() } }

    private func done(_ result: OutageResult) { desk.withLock { $0.results.append(result) } }

    /// A case takes its thread to other namespaces, from where there is no way back.
    private static func runAlone(_ outage: Outage) -> OutageResult {
        let found = Found()
        do {
            try WorkerThread(name: "outage", stackBytes: 8 << 20) {
                found.result.withLock { $0 = OutageRun.result(of: outage) }
            }.join()
        } catch {
            var result = OutageResult(outage)
            result.outcome = .failed
            result.reasons = ["\(error)"]
            return result
        }
        return found.result.withLock { $0 } ?? OutageResult(outage)
    }

    private final class Found: Sendable {
        let result = Mutex<OutageResult?>(nil)
    }
}

extension OutageResult {
    /// `results` as JSON, one case a line.
    static func report(_ results: [OutageResult]) throws -> [UInt8] {
        let cases = try results.map { String(decoding: try JSONLine.encode($0).dropLast(), as: UTF8.self) }
        return Array("{\"version\":1,\"cases\":[\n\(cases.joined(separator: ",\n"))\n]}\n".utf8)
    }
}
