import Audio

/// A connection to the Listen service as it is asked for: everything in the upgrade's request line.
///
/// Parameters hold for the life of a connection. Those that describe the audio are worked out here; any other
/// may be given freely and repeated (`language`, `interim_results`, `endpointing`, `utterance_end_ms`,
/// `vad_events`,
/// `smart_format`, `diarize_model`, `keyterm`, `replace`, `redact`, `tag`, …).
package struct ListenRequest: Hashable, Sendable {
    package static let defaultPath = "/v1/listen"

    package let url: ServiceURL
    package let model: String
    package let encoding: AudioEncoding
    package let rate: SampleRate
    /// Interleaved in each message.
    package let channels: Int
    /// One transcript per channel; otherwise the service makes one of all.
    package let isMultichannel: Bool
    /// Everything else, in order.
    package let query: [QueryParameter]

    package init(
        url: ServiceURL, model: String, encoding: AudioEncoding, rate: SampleRate, channels: Int = 1,
        isMultichannel: Bool = false, query: [QueryParameter] = []
    ) throws(RequestError) {
        guard !model.isEmpty else { throw .missingModel }
        guard encoding != .opus || channels == 1 else { throw .opusNeedsOneChannel(channels: channels) }
        try checkFreeParameters(
            query,
            computed: [
                "model": "listen.model", "encoding": "listen.encoding", "sample_rate": "listen.sample_rate",
                "channels": "listen.channels", "multichannel": "listen.channels",
            ])
        self.url = url
        self.model = model
        self.encoding = encoding
        self.rate = rate
        self.channels = channels
        self.isMultichannel = isMultichannel
        self.query = query
    }

    /// Transcripts the service will make side by side.
    package var resultChannels: Int { isMultichannel ? channels : 1 }

    /// The request target: path and query.
    package var target: String {
        var parameters = [
            QueryParameter("model", model), QueryParameter("encoding", encoding.rawValue),
            QueryParameter("sample_rate", rate.hertz), QueryParameter("channels", channels),
        ]
        if isMultichannel { parameters.append(QueryParameter("multichannel", true)) }
        return "\(url.path)?\((parameters + query).queryString)"
    }
}
