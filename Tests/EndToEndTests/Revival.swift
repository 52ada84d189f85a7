import ControlProtocol
import Glibc
import TestDevice
import Testing

/// A station whose daemon ends and is started again, with the same configuration and directories.
final class Revival {
    let station: Station
    let microphone: DeviceControl
    let keysPath: String
    private(set) var service: SpeechService
    private(set) var daemon: Child?
    private(set) var client: ControlClient?
    /// What the microphone had given when each daemon ended, in frames.
    private(set) var taken: [Int] = []

    private let settings: [String: String]
    private let options: [String]
    private var isServed = true

    /// `isLocked`: the service takes no key but those in the file at `keysPath`, which it reads at its start.
    init(_ settings: [String: String] = [:], isLocked: Bool = false) throws {
        station = try Station()
        microphone = try station.addMicrophone(.ramp)
        keysPath = station.path("keys")
        try write(Station.key + "\n", to: keysPath)
        options = ["--listen-engine", "positions"] + (isLocked ? ["--key-file", keysPath] : [])
        service = try SpeechService(station, self.options)
        self.settings = service.settings.merging(["listen.encoding": "\"linear16\""]) { $1 }
            .merging(settings) { $1 }
    }

    // MARK: the service

    /// The service is gone.
    func loseService() throws {
        try service.stop()
        isServed = false
    }

    /// It is back on its port, if it was gone.
    func restoreService() throws {
        guard !isServed else { return }
        service = try SpeechService(
            station, options, port: service.port, name: "service-\(station.children.count)")
        isServed = true
    }

    // MARK: the daemon

    /// Starts the daemon, and waits for it to serve.
    func start() throws {
        let daemon = try station.startDaemon(settings)
        self.daemon = daemon
        client = try station.connect(to: daemon)
    }

    /// Asks the running daemon until `condition` holds.
    @discardableResult
    func status(
        _ what: String, seconds: Int = 60, when condition: (StatusSnapshot) -> Bool
    ) throws -> StatusSnapshot {
        guard let client else { throw Failure("no daemon runs") }
        return try client.status(what, seconds: seconds, when: condition)
    }

    func signal(_ number: Int32) { daemon?.signal(number) }

    /// Ends it as nothing can be prepared for.
    func kill() throws {
        guard let daemon else { throw Failure("no daemon runs") }
        daemon.signal(SIGKILL)
        try daemon.wait()
        taken.append(Int(microphone.counters(.capture).framesTransferred))
        self.daemon = nil
        client = nil
    }

    /// Ends it as the service manager does; returns the transcript as it is then.
    @discardableResult
    func stop() throws -> TranscriptText {
        guard let daemon else { throw Failure("no daemon runs") }
        let transcript = try station.stop(daemon)
        taken.append(Int(microphone.counters(.capture).framesTransferred))
        self.daemon = nil
        client = nil
        return transcript
    }

    // MARK: what is left

    /// The transcript is one of one session, in which each end of the daemon left one gap and nothing else:
    /// what had been captured before is there, once and in order, and what comes behind is where it belongs.
    func expectNothingLost(
        in transcript: TranscriptText, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let ledger = try transcript.check(sourceLocation: sourceLocation)
        #expect(ledger.pending == 0 && ledger.dropped.isEmpty, sourceLocation: sourceLocation)
        #expect(
            transcript.gaps.map(\.cause) == Array(repeating: "restart", count: taken.count - 1),
            sourceLocation: sourceLocation)
        let gaps = transcript.gaps.map {
            Int(($0.start * 16_000).rounded())..<Int(($0.end * 16_000).rounded())
        }
        let missing = gaps.map(\.count).reduce(0, +)
        #expect(
            ledger.absent == (gaps.isEmpty ? [:] : ["restart": missing]), sourceLocation: sourceLocation)
        expectPositions(
            transcript.words, to: ledger.elapsed, without: gaps, sourceLocation: sourceLocation)
        // What had not become a message yet goes with the daemon: 100 ms, and what waits in the device.
        var before = 0
        for (gap, taken) in zip(gaps, taken) {
            let kept = gap.lowerBound - before
            #expect(
                (taken - 2_400...taken).contains(kept), "\(gap), \(taken)", sourceLocation: sourceLocation)
            before += gap.count
        }
    }
}

/// The words of the `positions` engine tell of a ramp of `frames` frames from the session's start on that is
/// not there during `gaps`, and goes on behind each as if it had been, exact to a period. A word in which a
/// gap lies names no place.
func expectPositions(
    _ words: [HeardEvent.Word], to frames: Int, without gaps: [Range<Int>],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let period = 320
    var end = 0
    var shift: Int? = 0
    var allowance = 0
    var coming = gaps[...]
    func pass(_ gap: Range<Int>) {
        let isReached = (0..<period).contains(gap.lowerBound - end) || end >= gap.upperBound
        #expect(isReached, "no words before \(gap)", sourceLocation: sourceLocation)
        end = max(end, gap.upperBound)
        shift = nil
        allowance += period
        coming.removeFirst()
    }
    for word in words {
        let start = Int((word.start * 16_000).rounded())
        while let gap = coming.first, gap.lowerBound <= start { pass(gap) }
        #expect(start == end, "a gap or a repetition", sourceLocation: sourceLocation)
        end = Int((word.end * 16_000).rounded())
        if let gap = coming.first, gap.lowerBound < end { continue }
        guard let place = Int(word.word.dropFirst()), word.word.first == "r" else {
            Issue.record("\(word) names no place", sourceLocation: sourceLocation)
            continue
        }
        let found = Int(Int16(truncatingIfNeeded: place - start))
        if let shift {
            #expect(found == shift, "\(word)", sourceLocation: sourceLocation)
        } else {
            #expect(abs(found) <= allowance, "the gap is wrong by \(found)", sourceLocation: sourceLocation)
        }
        shift = found
    }
    while let gap = coming.first { pass(gap) }
    #expect(
        (0..<period).contains(frames - end), "\(frames - end) frames more", sourceLocation: sourceLocation)
}
