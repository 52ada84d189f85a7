import ControlProtocol
import Glibc
import System
import TestDevice

/// One case of the matrix, from the first sample to the last word. Runs on a thread of its own, which it
/// takes to other namespaces.
struct OutageRun {
    private let outage: Outage
    private let station: Station
    private var result: OutageResult

    /// Audio that always waits: finals come every second.
    private static let usualPending: Int64 = 24_000

    static func result(of outage: Outage) -> OutageResult {
        var result = OutageResult(outage)
        do {
            var run = try OutageRun(outage)
            do {
                try run.run()
                return run.result
            } catch let refused as Namespaces.Refused {
                result = run.result
                result.outcome = .skipped
                result.reasons.append("\(refused)")
            } catch {
                result = run.result
                result.outcome = .failed
                result.reasons.append("\(error)")
            }
        } catch {
            result.outcome = .failed
            result.reasons.append("\(error)")
        }
        return result
    }

    private init(_ outage: Outage) throws {
        self.outage = outage
        station = try Station()
        result = OutageResult(outage)
    }

    private mutating func run() throws {
        let site = try OutageSite(station, outage.fault)
        let microphone = try addMicrophone()
        let daemon = try station.startDaemon(
            site.settings.merging(["listen.encoding": "\"\(outage.encoding)\""]) { $1 })
        let client = try station.connect(to: daemon)
        try watch(client, "a steady flow", seconds: 60) {
            $0.link.state == "open" && $0.ledger.captured >= 48_000 && $0.ledger.confirmed >= 16_000
        }
        try suffer(site, client)
        let transcript = try station.stop(daemon)
        try judge(transcript, heard: site.finish(), microphone)
    }

    private func addMicrophone() throws -> DeviceControl {
        guard outage.encoding == .opus else { return try station.addMicrophone(.ramp) }
        let tones = station.path("tones.wav")
        try writeTones(to: tones)
        return try station.addMicrophone(.file(tones, repeats: true))
    }

    // MARK: the outage

    private mutating func suffer(_ site: OutageSite, _ client: ControlClient) throws {
        let struck = Clocks.realtime
        try site.strike()
        let end = Clocks.monotonic + Int64(outage.seconds) * 1_000_000_000
        try watch(client, "the end of the outage") { _ in Clocks.monotonic >= end }
        try site.relent()
        let back = Clocks.realtime
        let status = try client.status()
        result.dueSeconds = status.link.nextAttempt.flatMap(nanoseconds(rfc3339:)).map { seconds($0 - back) }
        let confirmed = status.ledger.confirmed
        try watch(client, "words again", seconds: 90) { $0.ledger.confirmed > confirmed }
        let answered = Clocks.realtime
        let patience = 60 + 8 * (outage.seconds + 30)
        try watch(client, "the backlog to be gone", seconds: patience, every: 1_000) {
            $0.link.state == "open" && $0.ledger.pending <= Self.usualPending
        }
        let caughtUp = Clocks.realtime
        let last = try client.status()
        measure(client.events, struck: struck, back: back, answered: answered, caughtUp: caughtUp)
        result.reconnects = last.link.reconnects
        result.told = last.link.lastError?.message
    }

    private mutating func measure(
        _ events: [Event], struck: Int64, back: Int64, answered: Int64, caughtUp: Int64
    ) {
        // Events are told in whole milliseconds.
        let changes = events.compactMap { event -> (state: String, at: Int64)? in
            guard case .state(let change) = event, change.part == "link",
                let at = nanoseconds(rfc3339: change.at), at >= struck - 1_000_000
            else { return nil }
            return (change.state, at)
        }
        result.noticedSeconds = changes.first { $0.state != "open" }.map { seconds(max(0, $0.at - struck)) }
        // Where the connection held, only the answer tells that audio flows.
        let opened = changes.first { $0.state == "open" && $0.at >= back }?.at
        let flowing = opened ?? (changes.isEmpty ? answered : back)
        result.flowingSeconds = seconds(flowing - back)
        result.caughtUpSeconds = seconds(max(0, caughtUp - flowing))
    }

    /// Asks for the status now and then until `condition` holds.
    private mutating func watch(
        _ client: ControlClient, _ what: String, seconds: Int = 3_600, every milliseconds: Int32 = 250,
        until condition: (StatusSnapshot) -> Bool
    ) throws {
        let deadline = Clocks.monotonic + Int64(seconds) * 1_000_000_000
        while true {
            let status = try client.status()
            result.pendingSeconds = max(result.pendingSeconds ?? 0, status.journal.pendingSeconds)
            if condition(status) { return }
            guard Clocks.monotonic < deadline else {
                throw Failure("waited \(seconds) s in vain for \(what); the last status was \(status)")
            }
            // Many cases run at once: seldom enough to leave them the machine.
            poll(nil, 0, milliseconds)
        }
    }

    // MARK: the verdict

    private mutating func judge(
        _ transcript: TranscriptText, heard: [[Int16]], _ microphone: DeviceControl
    ) throws {
        var findings = OutageFindings()
        let counters = microphone.counters(.capture)
        if let ledger = findings.expectBalance(of: transcript) {
            result.capturedFrames = ledger.captured
            let frames = Int(counters.framesTransferred)
            findings.expect(ledger.captured, of: frames, outage.encoding)
            findings.expectEverything(
                of: frames, captured: ledger.captured, in: transcript.words, outage.encoding)
            if outage.encoding == .linear16 { findings.expectRamp(of: ledger.captured, heard: heard) }
        }
        if counters.xruns != 0 { result.reasons.append("\(counters.xruns) xruns: the machine is too busy") }
        result.lostFrames = findings.lost
        result.repeatedFrames = findings.repeated
        result.wrongWords = findings.wrong
        result.connections = heard.count { !$0.isEmpty }
        result.reasons += findings.complaints
        result.outcome = result.reasons.isEmpty ? .passed : .failed
    }
}

private func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds / 1_000_000) / 1_000 }

/// `2026-02-28T12:00:00.123Z` since 1970.
func nanoseconds(rfc3339 text: String) -> Int64? {
    let numbers = text.split { !$0.isNumber }.compactMap { Int32($0) }
    guard numbers.count == 7, text.last == "Z", text.dropLast().suffix(4).first == "." else { return nil }
    var time = tm()
    (time.tm_year, time.tm_mon, time.tm_mday) = (numbers[0] - 1_900, numbers[1] - 1, numbers[2])
    (time.tm_hour, time.tm_min, time.tm_sec) = (numbers[3], numbers[4], numbers[5])
    return Int64(timegm(&time)) * 1_000_000_000 + Int64(numbers[6]) * 1_000_000
}
