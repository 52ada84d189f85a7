import Audio

/// A connection to the Speak service as it is asked for. Audio comes as raw linear16, mono.
package struct SpeakRequest: Hashable, Sendable {
    package static let defaultPath = "/v1/speak"
    /// What the service offers for linear16, in hertz.
    package static let offeredRates = [8_000, 16_000, 24_000, 32_000, 48_000]

    package let url: ServiceURL
    /// The voice.
    package let model: String
    package let rate: SampleRate
    /// Everything else (`speed`, `mip_opt_out`, …), in order.
    package let query: [QueryParameter]

    package init(
        url: ServiceURL, model: String, rate: SampleRate, query: [QueryParameter] = []
    ) throws(RequestError) {
        guard !model.isEmpty else { throw .missingModel }
        guard Self.offeredRates.contains(rate.hertz) else {
            throw .unsupportedRate(hertz: rate.hertz, offered: Self.offeredRates)
        }
        // A container's header would sound as a click, other encodings as noise.
        try checkFreeParameters(
            query,
            computed: [
                "model": "speak.model", "encoding": "speak.sample_rate", "sample_rate": "speak.sample_rate",
                "container": "speak.sample_rate",
            ])
        self.url = url
        self.model = model
        self.rate = rate
        self.query = query
    }

    /// The request target: path and query.
    package var target: String {
        let parameters = [
            QueryParameter("model", model), QueryParameter("encoding", AudioEncoding.linear16.rawValue),
            QueryParameter("sample_rate", rate.hertz),
        ]
        return "\(url.path)?\((parameters + query).queryString)"
    }
}
