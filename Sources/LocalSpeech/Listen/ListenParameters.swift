/// The query of `/v1/listen`, checked.
package struct ListenParameters: Equatable, Sendable {
    /// How audio messages are coded.
    package enum Encoding: String, Equatable, Sendable {
        /// Signed 16-bit little-endian samples, interleaved.
        case linear16
        /// One raw Opus packet per message.
        case opus
    }

    /// When silence makes a result `speech_final`.
    package enum Endpointing: Equatable, Sendable {
        case off
        case after(milliseconds: Int)
    }

    package var encoding: Encoding = .linear16
    /// Frames per second, 8000 … 48000.
    package var sampleRate = 16_000
    /// 1 … 8.
    package var channels = 1
    package var multichannel = false
    package var interimResults = false
    /// The service's default is 10 ms.
    package var endpointing: Endpointing = .after(milliseconds: 10)
    package var utteranceEndMilliseconds: Int?
    package var vadEvents = false
    /// `punctuate` or `smart_format`: transcripts with capital and full stop.
    package var formatted = false
    package var model = "base-general"

    package init() {}

    /// Names whose value must be `true` or `false` and which change nothing here.
    private static let otherBooleans = [
        "diarize", "detect_entities", "dictation", "filler_words", "mip_opt_out", "no_delay", "numerals",
        "profanity_filter",
    ]
    /// Encodings the real service takes and this one does not.
    private static let foreignEncodings: Set<String> = [
        "linear32", "flac", "alaw", "mulaw", "amr-nb", "amr-wb", "ogg-opus", "speex", "g729",
    ]
    private static let opusRates: Set<Int> = [8_000, 12_000, 16_000, 24_000, 48_000]

    package init(query: QueryParameters) throws(RequestRefusal) {
        try readFormat(query)
        multichannel = try query.boolean("multichannel")
        interimResults = try query.boolean("interim_results")
        vadEvents = try query.boolean("vad_events")
        let punctuate = try query.boolean("punctuate")
        let smartFormat = try query.boolean("smart_format")
        formatted = punctuate || smartFormat
        for name in Self.otherBooleans { _ = try query.boolean(name) }
        if let name = query["model"], !name.isEmpty { model = name }

        switch query["endpointing"] {
        case nil, "true": break
        case "false": endpointing = .off
        case .some:
            guard let value = try query.integer("endpointing", in: 0...60_000) else { break }
            endpointing = .after(milliseconds: value)
        }
        utteranceEndMilliseconds = try query.integer("utterance_end_ms", in: 1...60_000)
        if utteranceEndMilliseconds != nil, !interimResults {
            throw .invalidQuery("utterance_end_ms requires interim_results=true")
        }
    }

    private mutating func readFormat(_ query: QueryParameters) throws(RequestRefusal) {
        guard let name = query["encoding"] else {
            throw .unsupportedFormat(
                "Audio in a container is not supported here: send encoding=linear16 or opus")
        }
        guard let known = Encoding(rawValue: name) else {
            if Self.foreignEncodings.contains(name) {
                throw .unsupportedFormat("encoding=\(name) is not supported here: send linear16 or opus")
            }
            throw .invalidQuery("unknown encoding '\(name)'")
        }
        encoding = known
        guard let rate = try query.integer("sample_rate", in: 8_000...48_000) else {
            throw .invalidQuery("sample_rate is required when encoding is specified")
        }
        sampleRate = rate
        channels = try query.integer("channels", in: 1...8) ?? 1
        guard encoding == .opus else { return }
        guard Self.opusRates.contains(rate) else {
            throw .invalidQuery("sample_rate with encoding=opus must be 8000, 12000, 16000, 24000 or 48000")
        }
        guard channels <= 2 else { throw .invalidQuery("encoding=opus carries at most 2 channels") }
    }
}
