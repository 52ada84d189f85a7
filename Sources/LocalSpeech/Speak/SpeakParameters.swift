/// The query of `/v1/speak`, checked.
package struct SpeakParameters: Equatable, Sendable {
    package var model = "aura-asteria-en"
    /// Frames per second of the audio to send.
    package var sampleRate = 24_000

    private static let rates: Set<Int> = [8_000, 16_000, 24_000, 32_000, 48_000]

    package init() {}

    package init(query: QueryParameters) throws(RequestRefusal) {
        if let name = query["model"], !name.isEmpty { model = name }
        switch query["encoding"] {
        case nil, "linear16": break
        case "mulaw", "alaw": throw .unsupportedFormat("only encoding=linear16 is supported here")
        case .some(let other): throw .invalidQuery("unknown encoding '\(other)'")
        }
        if let container = query["container"], container != "none" {
            throw .unsupportedFormat("container=\(container) is not supported on a WebSocket: leave it out")
        }
        if let rate = try query.integer("sample_rate", in: 1...192_000) {
            guard Self.rates.contains(rate) else {
                throw .unsupportedFormat("sample_rate must be 8000, 16000, 24000, 32000 or 48000")
            }
            sampleRate = rate
        }
        _ = try query.boolean("mip_opt_out")
    }
}
