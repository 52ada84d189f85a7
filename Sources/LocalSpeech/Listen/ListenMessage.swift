import FoundationEssentials

/// A JSON message of the listen service, as it goes out. Property names become snake_case on the wire.
package enum ListenMessage: Equatable, Sendable {
    case results(Results)
    case metadata(Metadata)
    case speechStarted(SpeechStarted)
    case utteranceEnd(UtteranceEnd)
    case configureSuccess(ConfigureSuccess)
    case error(SchemaError)

    /// What was recognised in one stretch of one channel. Times are seconds from the connection's first
    /// frame.
    package struct Results: Encodable, Equatable, Sendable {
        package var type = "Results"
        /// [this channel, channel count].
        package var channelIndex: [Int]
        /// Seconds.
        package var duration: Double
        /// Seconds of audio received on this connection.
        package var start: Double
        package var isFinal: Bool
        package var speechFinal: Bool
        package var fromFinalize: Bool
        package var channel: Channel
        package var metadata: ResultMetadata
    }

    /// The readings of a stretch, the best first; here always one.
    package struct Channel: Encodable, Equatable, Sendable {
        package var alternatives: [Alternative]
    }

    /// One reading: its text and its words; confidence from 0 to 1.
    package struct Alternative: Encodable, Equatable, Sendable {
        package var transcript: String
        package var confidence: Double
        package var words: [Word]
    }

    /// One word. `start` and `end` are seconds from the connection's first frame, confidence is from 0 to 1.
    package struct Word: Encodable, Equatable, Sendable {
        package var word: String
        package var start: Double
        package var end: Double
        package var confidence: Double
        package var punctuatedWord: String?
    }

    /// Which engine recognised; named as the service names its models.
    package struct ModelInfo: Encodable, Equatable, Sendable {
        package var name: String
        package var version = "1"
        package var arch = "local"
    }

    /// Which request a result belongs to, and which model made it.
    package struct ResultMetadata: Encodable, Equatable, Sendable {
        package var requestId: String
        package var modelUuid: String
        package var modelInfo: ModelInfo
    }

    /// The summary at the end of a stream.
    package struct Metadata: Encodable, Equatable, Sendable {
        package var type = "Metadata"
        package var transactionKey = "deprecated"
        package var requestId: String
        /// Of the audio bytes received, or `incomplete` when a time-out ended the stream.
        package var sha256: String
        package var created: String
        package var duration: Double
        package var channels: Int
        package var models: [String]
        package var modelInfo: [String: ModelInfo]
    }

    /// Speech began in `channel`, `timestamp` seconds after the connection's first frame.
    package struct SpeechStarted: Encodable, Equatable, Sendable {
        package var type = "SpeechStarted"
        package var channel: [Int]
        package var timestamp: Double
    }

    /// Nothing was said for the requested time. `lastWordEnd` is in seconds from the connection's first
    /// frame.
    package struct UtteranceEnd: Encodable, Equatable, Sendable {
        package var type = "UtteranceEnd"
        package var channel: [Int]
        package var lastWordEnd: Double
    }

    /// The key terms asked for are in use from now on.
    package struct ConfigureSuccess: Encodable, Equatable, Sendable {
        package var type = "ConfigureSuccess"
        package var requestId: String
        package var keyterms: [String]
    }

    /// A message of the client was not understood; the connection stays open.
    package struct SchemaError: Encodable, Equatable, Sendable {
        package var type = "Error"
        package var variant = "SchemaError"
        package var description: String
        package var message: String
    }

    /// The text of the WebSocket message.
    package func json() -> String {
        switch self {
        case .results(let value): WireJSON.text(value)
        case .metadata(let value): WireJSON.text(value)
        case .speechStarted(let value): WireJSON.text(value)
        case .utteranceEnd(let value): WireJSON.text(value)
        case .configureSuccess(let value): WireJSON.text(value)
        case .error(let value): WireJSON.text(value)
        }
    }
}

/// The one way this module makes JSON.
enum WireJSON {
    /// `value` with snake_case keys. A value that cannot be written (an infinite number) is a bug here and
    /// becomes `{}`.
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        guard let data = try? encoder.encode(value) else {
            assertionFailure("a message that JSON cannot carry")
            return "{}"
        }
        return String(decoding: data, as: UTF8.self)
    }
}
