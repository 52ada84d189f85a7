import ControlProtocol
import Glibc
import SpeechLink
import SpeechProtocol
import System
import Testing
import Timeline

@testable import Agent

/// 11 outages of ten minutes, of every kind, with both encodings.
///
/// The ordinary test run takes one of them. With `EARPOST_OUTAGES_REPORT=FILE` all are run, and the results
/// written there, one case a line, as the matrix on real sockets writes its shorter ones.
@Suite(.serialized) struct OutageMatrix {
    static let report = Seeds.variable("EARPOST_OUTAGES_REPORT")

    struct Case: Sendable, CustomTestStringConvertible {
        let fault: SimulatedFault
        let encoding: String
        var testDescription: String { "\(fault.rawValue), 600 s, \(encoding)" }

        static let all = SimulatedFault.allCases.flatMap { fault in
            ["opus", "linear16"].map { Case(fault: fault, encoding: $0) }
        }
        static let few = [Case(fault: .halfOpen, encoding: "linear16")]
    }

    @Test(arguments: report == nil ? Case.few : Case.all)
    func simulation11TenMinutesOfOutage(_ outage: Case) throws {
        let result = try SimulatedOutage(outage).run()
        #expect(result.outcome == "passed", "\(result.reasons)")
        if let report = Self.report { try result.write(to: report + ".d") }
    }
}

/// A fault on the way to the service, as the matrix names it.
enum SimulatedFault: String, CaseIterable, Sendable {
    case refused, reset, frozen
    case halfOpen = "half-open"
    case silence = "1011"
    case policy = "1008"
    case throttled = "429"
    case unavailable = "503"
    case stalledTLS = "tls-stall"
    case noName = "dns"

    func strike(_ world: World) {
        let silence = "did not receive audio data. See https://dpgr.am/net0001"
        switch self {
        case .refused: world.network.change(to: .refused)
        case .reset: world.network.change(to: .reset)
        case .frozen: world.network.change(to: .frozen)
        case .halfOpen: world.network.change(to: .vanished)
        case .silence:
            world.service.closeAll(code: 1011, reason: silence)
            world.service.manner = .closing(code: 1011, reason: silence)
        case .policy:
            world.service.closeAll(code: 1008, reason: "DATA-0000")
            world.service.manner = .closing(code: 1008, reason: "DATA-0000")
        case .throttled:
            world.network.resetAll()
            world.service.manner = .refusing(status: 429, retryAfter: 30)
        case .unavailable:
            world.network.resetAll()
            world.service.manner = .refusing(status: 503, retryAfter: nil)
        case .stalledTLS: world.network.change(to: .stalled)
        case .noName: world.network.change(to: .noName)
        }
    }
}

/// One case: a minute of quiet, ten minutes of outage, and what follows.
struct SimulatedOutage {
    private let outage: OutageMatrix.Case

    init(_ outage: OutageMatrix.Case) { self.outage = outage }

    func run() throws -> SimulatedOutageResult {
        let shape = outage.encoding == "opus" ? SimulatedUplink.Shape.opus : .linear16
        let world = try World(seed: 1_100_000, shape: shape, style: .tiled)
        try world.run(until: 60)
        world.change { outage.fault.strike($0) }
        try world.run(until: 660)
        let told: String? =
            switch world.life?.delivery.link.state {
            case .waiting(_, let error), .refused(_, let error): error.sentence
            default: nil
            }
        var due: Double?
        if case .waiting(let until, _) = world.life?.delivery.link.state {
            due = Watchman.seconds(until - world.now)
        }
        world.change {
            $0.network.change(to: .open)
            $0.service.manner = .well
        }
        try world.run(until: 900) { !$0.watchman.flowing.isEmpty }
        let flowed = world.seconds
        try world.run(until: flowed + 5 * 700) { $0.hasCaughtUp }
        let caughtUp = world.seconds
        try world.run(until: caughtUp + 30)
        let findings = try world.end()
        var result = SimulatedOutageResult(outage, findings, capturedFrames: world.uplink.capturedFrames)
        let watchman = world.watchman
        result.connections = world.service.connections
        result.noticedSeconds = watchman.noticed.first
        result.dueSeconds = due
        result.flowingSeconds = watchman.flowing.first
        result.caughtUpSeconds = caughtUp - flowed
        result.reconnects = watchman.reconnects - 1
        result.pendingSeconds = Watchman.seconds(of: watchman.mostPending, at: shape.rate)
        result.told = told
        return result
    }
}

/// What became of a case, as the report has it.
struct SimulatedOutageResult: Codable {
    let fault: String
    var seconds = 600
    let encoding: String
    var outcome: String
    var reasons: [String]
    var lostFrames: Int64
    var repeatedFrames: Int64
    var wrongWords: Int
    var capturedFrames: Int64
    var connections: Int?
    var noticedSeconds: Double?
    var dueSeconds: Double?
    var flowingSeconds: Double?
    var caughtUpSeconds: Double?
    var reconnects: Int?
    var pendingSeconds: Double?
    var told: String?

    private enum CodingKeys: String, CodingKey {
        case fault, seconds, encoding, outcome, reasons, connections, reconnects, told
        case lostFrames = "lost_frames"
        case repeatedFrames = "repeated_frames"
        case wrongWords = "wrong_words"
        case capturedFrames = "captured_frames"
        case noticedSeconds = "noticed_s"
        case dueSeconds = "due_s"
        case flowingSeconds = "flowing_s"
        case caughtUpSeconds = "caught_up_s"
        case pendingSeconds = "pending_s"
    }

    init(_ outage: OutageMatrix.Case, _ findings: Findings, capturedFrames: Int64) {
        fault = outage.fault.rawValue
        encoding = outage.encoding
        outcome = findings.complaints.isEmpty ? "passed" : "failed"
        reasons = findings.complaints
        lostFrames = findings.lostFrames
        repeatedFrames = findings.repeatedFrames
        wrongWords = findings.wrongWords
        self.capturedFrames = capturedFrames
    }

    /// Cases run side by side, so each has a file of its own; `Scripts/simulate` puts them together.
    func write(to folder: String) throws {
        try Files.makeDirectory(folder)
        let file = try AppendedFile(path: "\(folder)/\(fault)-\(encoding).json")
        try file.append(String(decoding: try JSONLine.encode(self).dropLast(), as: UTF8.self))
    }
}
