/// What the daemon tells its subscribers, one line of JSON: `{"v":1,"event":"gap",…}`.
package enum Event: Sendable, Hashable {
    case final(HeardEvent)
    case interim(HeardEvent)
    case gap(GapEvent)
    case clock(ClockEvent)
    case state(StateEvent)
    case level(LevelEvent)
    case speech(SpeechEvent)
    case utterance(UtteranceEvent)
    /// So many events were not sent, because the subscriber read too slowly.
    case lost(count: Int)

    /// What a subscriber must have asked for; nil: every subscriber gets it.
    package var kind: EventKind? {
        switch self {
        case .final: .final
        case .interim: .interim
        case .gap: .gap
        case .clock: .clock
        case .state: .state
        case .level: .level
        case .speech: .speech
        case .utterance: .utterance
        case .lost: nil
        }
    }
}

extension Event: Codable {
    enum Key: String, CodingKey {
        case version = "v"
        case event, count
    }

    /// Decodes an event of a known kind; throws for an unknown one, which a client passes over.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let name = try container.decode(String.self, forKey: .event)
        switch EventKind(rawValue: name) {
        case .final: self = .final(try HeardEvent(from: decoder))
        case .interim: self = .interim(try HeardEvent(from: decoder))
        case .gap: self = .gap(try GapEvent(from: decoder))
        case .clock: self = .clock(try ClockEvent(from: decoder))
        case .state: self = .state(try StateEvent(from: decoder))
        case .level: self = .level(try LevelEvent(from: decoder))
        case .speech: self = .speech(try SpeechEvent(from: decoder))
        case .utterance: self = .utterance(try UtteranceEvent(from: decoder))
        case nil where name == "lost": self = .lost(count: try container.decode(Int.self, forKey: .count))
        case nil:
            throw DecodingError.dataCorruptedError(
                forKey: .event, in: container, debugDescription: "there is no event \"\(name)\"")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(ControlLimits.version, forKey: .version)
        try container.encode(kind?.rawValue ?? "lost", forKey: .event)
        switch self {
        case .final(let event), .interim(let event): try event.encode(to: encoder)
        case .gap(let event): try event.encode(to: encoder)
        case .clock(let event): try event.encode(to: encoder)
        case .state(let event): try event.encode(to: encoder)
        case .level(let event): try event.encode(to: encoder)
        case .speech(let event): try event.encode(to: encoder)
        case .utterance(let event): try event.encode(to: encoder)
        case .lost(let count): try container.encode(count, forKey: .count)
        }
    }
}
