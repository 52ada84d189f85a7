/// One case of the matrix: a fault on the way to the service, how long it lasts, and what is sent meanwhile.
struct Outage: Sendable, Hashable {
    enum Fault: String, CaseIterable, Sendable {
        /// The service's process is gone and its port closed.
        case refused
        /// The running connection and every new one end with a TCP reset.
        case reset
        /// The service's process is stopped: its kernel takes what comes, and nobody answers.
        case frozen
        /// Every packet is dropped, in both directions, and nobody is told.
        case halfOpen = "half-open"
        /// The running connection and every new one are closed with NET-0001.
        case silence = "1011"
        /// The running connection is closed as undecodable; new ones are reset.
        case policy = "1008"
        /// The running connection is dropped; new ones are too many.
        case throttled = "429"
        /// The running connection is dropped; the service is not available.
        case unavailable = "503"
        /// Behind the port is somebody who accepts TCP and never speaks TLS.
        case stalledTLS = "tls-stall"
        /// The running connection is reset, and the service's name is not known any more.
        case noName = "dns"
    }

    enum Encoding: String, CaseIterable, Sendable { case opus, linear16 }

    let fault: Fault
    let seconds: Int
    let encoding: Encoding

    var name: String { "\(fault.rawValue), \(seconds) s, \(encoding)" }

    static let allSeconds = [2, 10, 30]

    /// Every combination, the longest first, so that none of them is waited for at the end.
    static func all(
        _ faults: [Fault] = Fault.allCases, seconds: [Int] = allSeconds,
        encodings: [Encoding] = Encoding.allCases
    ) -> [Outage] {
        seconds.sorted(by: >).flatMap { seconds in
            faults.flatMap { fault in
                encodings.map { Outage(fault: fault, seconds: seconds, encoding: $0) }
            }
        }
    }
}

/// What became of a case.
struct OutageResult: Codable, Sendable {
    enum Outcome: String, Codable, Sendable { case passed, failed, skipped }

    let fault: String
    let seconds: Int
    let encoding: String
    var outcome = Outcome.passed
    /// Why it failed or was left out.
    var reasons: [String] = []

    /// Frames no word of the transcript covers; those two words cover; words that name another place.
    var lostFrames: Int?
    var repeatedFrames: Int?
    var wrongWords: Int?
    var capturedFrames: Int?
    /// Connections that heard something.
    var connections: Int?

    /// From the fault to the link's first other state than open; missing where the connection held.
    var noticedSeconds: Double?
    /// From the service's return to the attempt that was due next; missing where one was under way.
    var dueSeconds: Double?
    /// From the service's return to audio on its way again.
    var flowingSeconds: Double?
    /// From then on until no more audio waited than always does.
    var caughtUpSeconds: Double?
    var reconnects: Int?
    /// The most audio that waited.
    var pendingSeconds: Double?
    /// What the status said of the trouble.
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

    init(_ outage: Outage) {
        fault = outage.fault.rawValue
        seconds = outage.seconds
        encoding = outage.encoding.rawValue
    }

    var name: String { "\(fault), \(seconds) s, \(encoding)" }
}
