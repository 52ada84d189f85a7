/// One line of a transcript file: one JSON object, told apart by its `type`. `docs/TRANSCRIPT.md` says what
/// each field means and which lines may follow which.
package enum TranscriptLine: Sendable, Hashable {
    case session(SessionLine)
    case final(FinalLine)
    case gap(GapLine)
    case clock(ClockLine)
    case ledger(LedgerLine)

    /// The version of the format that `session` lines announce.
    package static let version = 1
}

extension TranscriptLine: Codable {
    private enum Kind: String, Codable {
        case session, final, gap, clock, ledger
    }

    private enum Key: String, CodingKey {
        case type
    }

    /// Decodes a line of a known type; throws for an unknown one, which a reader skips.
    package init(from decoder: any Decoder) throws {
        switch try decoder.container(keyedBy: Key.self).decode(Kind.self, forKey: .type) {
        case .session: self = .session(try SessionLine(from: decoder))
        case .final: self = .final(try FinalLine(from: decoder))
        case .gap: self = .gap(try GapLine(from: decoder))
        case .clock: self = .clock(try ClockLine(from: decoder))
        case .ledger: self = .ledger(try LedgerLine(from: decoder))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .session(let line):
            try container.encode(Kind.session, forKey: .type)
            try line.encode(to: encoder)
        case .final(let line):
            try container.encode(Kind.final, forKey: .type)
            try line.encode(to: encoder)
        case .gap(let line):
            try container.encode(Kind.gap, forKey: .type)
            try line.encode(to: encoder)
        case .clock(let line):
            try container.encode(Kind.clock, forKey: .type)
            try line.encode(to: encoder)
        case .ledger(let line):
            try container.encode(Kind.ledger, forKey: .type)
            try line.encode(to: encoder)
        }
    }
}
