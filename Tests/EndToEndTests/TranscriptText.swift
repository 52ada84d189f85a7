import ControlProtocol
import Testing

/// A transcript file, line by line.
struct TranscriptText {
    struct Head: Decodable {
        let v: Int
        let session: String
        let started: String
        let rate: Int
        let channels: Int
        let encoding: String
        let model: String
        let program: String
        let predecessor: String?
    }

    struct Ledger: Decodable {
        let rate: Int
        let elapsed: Int
        let captured: Int
        let sent: Int
        let confirmed: Int
        let pending: Int
        let dropped: [String: Int]
        let absent: [String: Int]
    }

    private struct Line: Decodable {
        let type: String
        let session: String
    }

    let head: Head
    private(set) var finals: [HeardEvent] = []
    private(set) var gaps: [GapEvent] = []
    private(set) var types: [String] = []
    /// Of the last line; nil while the daemon runs.
    private(set) var ledger: Ledger?

    init(_ bytes: [UInt8]) throws {
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first else { throw Failure("the transcript is empty") }
        head = try JSONLine.decode(from: first)
        for line in lines {
            let kind = try JSONLine.decode(Line.self, from: line)
            guard kind.session == head.session else { throw Failure("a line of session \(kind.session)") }
            types.append(kind.type)
            switch kind.type {
            case "final": finals.append(try JSONLine.decode(from: line))
            case "gap": gaps.append(try JSONLine.decode(from: line))
            case "ledger": ledger = try JSONLine.decode(from: line)
            default: break
            }
        }
    }

    /// All that was said, in small letters.
    var text: String { finals.map(\.text).joined(separator: " ").lowercased() }
    var words: [HeardEvent.Word] { finals.flatMap(\.words) }

    /// Checks what docs/TRANSCRIPT.md promises of every transcript that ended in order; returns its ledger.
    @discardableResult
    func check(sourceLocation: SourceLocation = #_sourceLocation) throws -> Ledger {
        let known: Set = ["session", "final", "gap", "clock", "ledger"]
        #expect(head.v == 1, sourceLocation: sourceLocation)
        #expect(types.first == "session", sourceLocation: sourceLocation)
        #expect(types.last == "ledger", sourceLocation: sourceLocation)
        #expect(known.isSuperset(of: types), sourceLocation: sourceLocation)
        for (one, next) in zip(finals, finals.dropFirst()) {
            #expect(one.end <= next.start, "finals overlap", sourceLocation: sourceLocation)
        }
        for final in finals {
            #expect(final.start < final.end && !final.text.isEmpty, sourceLocation: sourceLocation)
            for word in final.words {
                let isInside = word.start >= final.start && word.start <= word.end
                #expect(isInside, "\(word) starts before its line", sourceLocation: sourceLocation)
            }
        }
        let ledger = try #require(ledger, sourceLocation: sourceLocation)
        #expect(ledger.rate == head.rate, sourceLocation: sourceLocation)
        let dropped = ledger.dropped.values.reduce(0, +)
        let absent = ledger.absent.values.reduce(0, +)
        #expect(
            ledger.captured == ledger.confirmed + ledger.pending + dropped, sourceLocation: sourceLocation)
        #expect(ledger.elapsed == ledger.captured + absent, sourceLocation: sourceLocation)
        return ledger
    }
}
