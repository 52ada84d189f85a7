import FoundationEssentials

/// A JSON message of the speak service, as it goes out.
package enum SpeakMessage: Equatable, Sendable {
    case metadata(Metadata)
    case flushed(sequenceID: Int)
    case cleared(sequenceID: Int)
    case warning(code: String, description: String)

    /// The first message of a connection: its request and the voice that speaks.
    package struct Metadata: Encodable, Equatable, Sendable {
        package var type = "Metadata"
        package var requestId: String
        package var modelName: String
        package var modelVersion = "1"
        package var modelUuid = "00000000-0000-4000-8000-6c6f63616c01"
        package var additionalModelUuids: [String] = []
    }

    private struct Numbered: Encodable {
        var type: String
        var sequenceId: Int
    }

    private struct Warning: Encodable {
        var type = "Warning"
        var code: String
        var description: String
    }

    /// The text of the WebSocket message.
    package func json() -> String {
        switch self {
        case .metadata(let value): WireJSON.text(value)
        case .flushed(let number): WireJSON.text(Numbered(type: "Flushed", sequenceId: number))
        case .cleared(let number): WireJSON.text(Numbered(type: "Cleared", sequenceId: number))
        case .warning(let code, let description): WireJSON.text(Warning(code: code, description: description))
        }
    }
}

/// A text message of a speak client.
package enum SpeakCommand: Equatable, Sendable {
    case speak(String)
    case flush
    case clear
    case close
    /// Not JSON, no `type`, an unknown one, or `Speak` without text.
    case malformed

    package init(text: String) {
        struct Envelope: Decodable {
            var type: String
            var text: String?
        }
        // Which way it is malformed makes no difference to the answer.
        let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(text.utf8))
        switch (envelope?.type, envelope?.text) {
        case ("Speak", .some(let words)): self = .speak(words)
        case ("Flush", _): self = .flush
        case ("Clear", _): self = .clear
        case ("Close", _): self = .close
        default: self = .malformed
        }
    }
}
