import FoundationEssentials

/// Reads the service's JSON. Whatever the network brings is answered with a value: what is missing, of
/// another type or not known is passed over, what cannot be used at all is `.malformed`.
///
/// The one place with a JSON library; one message of 2 KB takes about 0.1 ms on a desktop core.
package struct MessageCodec: Sendable {
    package init() {}

    /// The Listen message in `text`, UTF-8.
    package func listenMessage(from text: [UInt8]) -> ListenMessage {
        do {
            return try JSONDecoder().decode(ListenEnvelope.self, from: Data(text)).message
        } catch {
            return .malformed(reason: "not a JSON object with a type")
        }
    }

    /// The Speak message in `text`, UTF-8.
    package func speakMessage(from text: [UInt8]) -> SpeakMessage {
        do {
            return try JSONDecoder().decode(SpeakEnvelope.self, from: Data(text)).message
        } catch {
            return .malformed(reason: "not a JSON object with a type")
        }
    }

    /// What a refusal's body says, in either of its JSON shapes; nil if it is something else.
    func refusalBody(from text: [UInt8]) -> (code: String?, message: String?, requestID: String?)? {
        guard let body = try? JSONDecoder().decode(RefusalBody.self, from: Data(text)) else { return nil }
        return (body.code, body.message, body.requestID)
    }
}

private struct Key: CodingKey, ExpressibleByStringLiteral {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringLiteral value: String) { stringValue = value }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer<Key> {
    /// The value if it is there and of this type.
    fileprivate func value<Value: Decodable>(_ key: Key, as: Value.Type = Value.self) -> Value? {
        (try? decodeIfPresent(Value.self, forKey: key)) ?? nil
    }

    /// A finite number.
    fileprivate func number(_ key: Key) -> Double? {
        value(key, as: Double.self).flatMap { $0.isFinite ? $0 : nil }
    }

    /// A whole number, also when written as `1.0`; nil when it has a fraction or no `Int` holds it.
    fileprivate func whole(_ key: Key) -> Int? { number(key).flatMap { Int(exactly: $0) } }

    /// A time within a connection: not negative, below 300 years.
    fileprivate func seconds(_ key: Key) -> Double? {
        number(key).flatMap { 0...9e9 ~= $0 ? $0 : nil }
    }

    /// 0…1; 0 where it is absent or out of range.
    fileprivate func confidence(_ key: Key) -> Double {
        number(key).flatMap { 0...1 ~= $0 ? $0 : nil } ?? 0
    }

    fileprivate func object(_ key: Key) -> KeyedDecodingContainer<Key>? {
        try? nestedContainer(keyedBy: Key.self, forKey: key)
    }

    fileprivate func list<Element: Decodable>(_ key: Key, of: Element.Type) -> [Element] {
        value(key, as: [Lossy<Element>].self)?.compactMap(\.element) ?? []
    }

    /// `[this channel, number of channels]`; channel 0 of 1 where it is absent, nil where it makes no sense.
    fileprivate func channel(_ key: Key) -> (index: Int, count: Int)? {
        guard contains(key) else { return (0, 1) }
        let numbers = list(key, of: Double.self)
        guard let first = numbers.first, let index = Int(exactly: first), index >= 0,
            let count = numbers.count > 1 ? Int(exactly: numbers[1]) : index + 1,
            index < count, count <= Limits.resultChannelsMax
        else { return nil }
        return (index, count)
    }

    fileprivate var notice: ServiceNotice {
        ServiceNotice(
            code: value("code") ?? value("warn_code") ?? value("err_code") ?? value("variant"),
            description: value("description") ?? value("warn_msg") ?? value("err_msg") ?? value("message"))
    }
}

/// An element of a list that may be something else; one bad word does not spoil the sentence.
private struct Lossy<Element: Decodable>: Decodable {
    let element: Element?

    init(from decoder: any Decoder) throws { element = try? Element(from: decoder) }
}

private struct ListenEnvelope: Decodable {
    let message: ListenMessage

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let type = try fields.decode(String.self, forKey: "type")
        message =
            switch type {
            case "Results": Self.results(fields)
            case "Metadata":
                .metadata(
                    ListenMetadata(
                        requestID: fields.value("request_id"), duration: fields.seconds("duration"),
                        channels: fields.whole("channels"), sha256: fields.value("sha256")))
            case "SpeechStarted":
                if let channel = fields.channel("channel"), let seconds = fields.seconds("timestamp") {
                    .speechStarted(channel: channel.index, seconds: seconds)
                } else {
                    .malformed(reason: "SpeechStarted without channel or timestamp")
                }
            case "UtteranceEnd":
                if let channel = fields.channel("channel") {
                    .utteranceEnd(channel: channel.index, seconds: fields.seconds("last_word_end"))
                } else {
                    .malformed(reason: "UtteranceEnd without channel")
                }
            case "ConfigureSuccess": .configureSuccess(requestID: fields.value("request_id"))
            case "ConfigureFailure": .configureFailure(fields.notice)
            case "Warning": .warning(fields.notice)
            case "Error": .error(fields.notice)
            default: .unknown(type: String(type.prefix(64)))
            }
    }

    private static func results(_ fields: KeyedDecodingContainer<Key>) -> ListenMessage {
        guard let channel = fields.channel("channel_index") else {
            return .malformed(reason: "Results for a channel that cannot be")
        }
        guard let start = fields.seconds("start"), let duration = fields.seconds("duration") else {
            return .malformed(reason: "Results without start or duration")
        }
        let best = fields.object("channel")?.list("alternatives", of: Alternative.self).first
        return .results(
            ListenResults(
                channel: channel.index, channelCount: channel.count, start: start, duration: duration,
                isFinal: fields.value("is_final") ?? false,
                speechFinal: fields.value("speech_final") ?? false,
                fromFinalize: fields.value("from_finalize") ?? false,
                transcript: best?.transcript ?? "", confidence: best?.confidence ?? 0,
                words: best?.words ?? [],
                requestID: fields.object("metadata")?.value("request_id")))
    }
}

private struct Alternative: Decodable {
    let transcript: String
    let confidence: Double
    let words: [ListenResults.Word]

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        transcript = fields.value("transcript") ?? ""
        confidence = fields.confidence("confidence")
        words = fields.list("words", of: Word.self).map(\.word)
    }

    private struct Word: Decodable {
        let word: ListenResults.Word

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            let start = fields.seconds("start")
            let end = fields.seconds("end")
            guard let start, let end, start <= end else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: [], debugDescription: "a word without a time"))
            }
            word = ListenResults.Word(
                word: try fields.decode(String.self, forKey: "word"),
                punctuated: fields.value("punctuated_word"),
                start: start, end: end, confidence: fields.confidence("confidence"),
                speaker: fields.whole("speaker"))
        }
    }
}

private struct SpeakEnvelope: Decodable {
    let message: SpeakMessage

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let type = try fields.decode(String.self, forKey: "type")
        message =
            switch type {
            case "Metadata":
                .metadata(requestID: fields.value("request_id"), model: fields.value("model_name"))
            case "Flushed": .flushed
            case "Cleared": .cleared
            case "Warning": .warning(fields.notice)
            case "Error": .error(fields.notice)
            default: .unknown(type: String(type.prefix(64)))
            }
    }
}

private struct RefusalBody: Decodable {
    let code: String?
    let message: String?
    let requestID: String?

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        code = fields.value("err_code") ?? fields.value("error_code") ?? fields.value("category")
        let details: String? = fields.value("details")
        let text: String? = fields.value("err_msg") ?? fields.value("message") ?? fields.value("error")
        message =
            switch (text, details) {
            case (let text?, let details?) where text != details: "\(text) \(details)"
            default: text ?? details
            }
        requestID = fields.value("request_id")
    }
}
