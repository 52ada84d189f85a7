import FoundationEssentials

/// A text message of a listen client.
package enum ListenCommand: Equatable, Sendable {
    case keepAlive
    /// Flush one channel, or all.
    case finalize(channel: Int?)
    case closeStream
    /// `keyterms` is `nil` when the message left them as they were.
    case configure(keyterms: [String]?)
    /// Not JSON, no `type`, or an unknown one: the reason.
    case malformed(String)

    package init(text: String) {
        struct Envelope: Decodable {
            var type: String
            var channel: Int?
            var keyterms: [String]?
        }
        let envelope: Envelope
        do {
            envelope = try JSONDecoder().decode(Envelope.self, from: Data(text.utf8))
        } catch {
            self = .malformed("Could not deserialize last text message: not a JSON object with a type")
            return
        }
        switch envelope.type {
        case "KeepAlive": self = .keepAlive
        case "Finalize": self = .finalize(channel: envelope.channel)
        case "CloseStream": self = .closeStream
        case "Configure": self = .configure(keyterms: envelope.keyterms)
        default:
            self = .malformed("Could not deserialize last text message: unknown variant `\(envelope.type)`")
        }
    }
}

/// A close frame to send: code, and a reason of at most 123 bytes.
package struct StreamClosure: Equatable, Sendable {
    package var code: Int
    package var reason: String

    package init(code: Int, reason: String) {
        self.code = code
        self.reason = reason
    }

    package static let normal = StreamClosure(code: 1000, reason: "")
    /// The sentence the real service sends when the client fell silent.
    package static let clientSilent = StreamClosure(
        code: 1011,
        reason: "Deepgram did not receive audio data or a text message within the timeout window."
            + " See https://dpgr.am/net0001")
    /// The sentence the real service sends when it had nothing to say for too long.
    package static let serverSilent = StreamClosure(
        code: 1011,
        reason: "Deepgram did not provide a response message within the timeout window."
            + " See https://dpgr.am/net0000")
    /// Audio that cannot be decoded; the real wording is not known.
    package static let undecodable = StreamClosure(
        code: 1008, reason: "The payload cannot be decoded as audio. See https://dpgr.am/data0000")
}
