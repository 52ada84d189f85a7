import Audio
import SpeechProtocol
import Testing

@Suite struct ServiceURLTests {
    private func parse(_ text: String, insecure: Bool = false) throws -> ServiceURL {
        try ServiceURL(parsing: text, defaultPath: "/v1/listen", allowsInsecure: insecure)
    }

    @Test func partsAreTakenApart() throws {
        let url = try parse("wss://API.Deepgram.com/v1/listen")
        #expect(url.isSecure && url.host == "api.deepgram.com" && url.port == 443 && url.path == "/v1/listen")
        #expect(try parse("wss://api.eu.deepgram.com").path == "/v1/listen")
        #expect(try parse("wss://api.eu.deepgram.com/").path == "/v1/listen")
        #expect(try parse("wss://box.lan/speech/v1/listen").path == "/speech/v1/listen")
        #expect(try parse("ws://[::1]:8080").host == "::1")
    }

    @Test func hostHeaderHasNoDefaultPort() throws {
        #expect(try parse("wss://api.deepgram.com:443").hostHeader == "api.deepgram.com")
        #expect(try parse("wss://api.deepgram.com:8443").hostHeader == "api.deepgram.com:8443")
        #expect(try parse("ws://localhost:80").hostHeader == "localhost")
        #expect(try parse("ws://[::1]:8080").hostHeader == "[::1]:8080")
        #expect(try parse("wss://[2001:db8::1]").hostHeader == "[2001:db8::1]")
    }

    @Test(arguments: [
        "ws://localhost", "ws://127.0.0.1:9", "ws://127.8.9.1", "ws://[::1]", "ws://speech.localhost",
    ])
    func plainIsTakenForThisMachine(text: String) throws { #expect(try !parse(text).isSecure) }

    @Test(arguments: ["ws://box.lan", "ws://10.0.0.1", "ws://localhost.evil.org", "ws://127.0.0.1.evil.org"])
    func plainToAnotherMachineNeedsToBeWrittenOut(text: String) throws {
        #expect(throws: ServiceURL.Failure.self) { try parse(text) }
        #expect(try !parse(text, insecure: true).isSecure)
    }

    @Test func slipsAreNamed() {
        #expect(throws: ServiceURL.Failure.scheme("https")) { try parse("https://api.deepgram.com") }
        #expect(throws: ServiceURL.Failure.scheme("")) { try parse("api.deepgram.com") }
        #expect(throws: ServiceURL.Failure.host("")) { try parse("wss://") }
        #expect(throws: ServiceURL.Failure.host("")) { try parse("wss:///v1/listen") }
        #expect(throws: ServiceURL.Failure.host("a b")) { try parse("wss://a b") }
        #expect(throws: ServiceURL.Failure.host("bücher.de")) { try parse("wss://bücher.de") }
        #expect(throws: ServiceURL.Failure.host("a..b")) { try parse("wss://a..b") }
        #expect(throws: ServiceURL.Failure.host("2001:db8::1")) { try parse("wss://2001:db8::1") }
        #expect(throws: ServiceURL.Failure.host("[::1")) { try parse("wss://[::1") }
        for port in ["0", "65536", "-1", "", "x", "99999999999999999999"] {
            #expect(throws: ServiceURL.Failure.port(port)) { try parse("wss://a:\(port)") }
        }
        #expect(throws: ServiceURL.Failure.userInformation) { try parse("wss://user:pass@a") }
        #expect(throws: ServiceURL.Failure.query) { try parse("wss://a/v1/listen?model=x") }
        #expect(throws: ServiceURL.Failure.query) { try parse("wss://a#b") }
        #expect(throws: ServiceURL.Failure.path("/a b")) { try parse("wss://a/a b") }
        #expect(throws: ServiceURL.Failure.path("/%4")) { try parse("wss://a/%4") }
        #expect(throws: ServiceURL.Failure.self) { try parse("wss://a/\r\nX: y") }
    }
}

@Suite struct RequestTests {
    private func url() throws -> ServiceURL { try ServiceURL(parsing: "wss://a", defaultPath: "/v1/listen") }

    @Test func listenTargetHoldsWhatWasAskedFor() throws {
        let request = try ListenRequest(
            url: url(), model: "nova-3", encoding: .opus, rate: SampleRate(hertz: 16_000),
            query: [
                QueryParameter("interim_results", true), QueryParameter("utterance_end_ms", 1_000),
                QueryParameter("keyterm", "Earpost & co"), QueryParameter("keyterm", "größe"),
                QueryParameter("redact", "pci"),
            ])
        #expect(
            request.target == "/v1/listen?model=nova-3&encoding=opus&sample_rate=16000&channels=1"
                + "&interim_results=true&utterance_end_ms=1000&keyterm=Earpost%20%26%20co&keyterm=gr%C3%B6%C3%9Fe"
                + "&redact=pci")
        #expect(request.resultChannels == 1)
    }

    @Test func severalChannelsGoUpAsLinear16() throws {
        let request = try ListenRequest(
            url: url(), model: "nova-3", encoding: .linear16, rate: SampleRate(hertz: 48_000), channels: 4,
            isMultichannel: true)
        #expect(request.target.hasSuffix("sample_rate=48000&channels=4&multichannel=true"))
        #expect(request.resultChannels == 4)
        #expect(throws: RequestError.opusNeedsOneChannel(channels: 2)) {
            try ListenRequest(
                url: url(), model: "nova-3", encoding: .opus, rate: SampleRate(hertz: 16_000), channels: 2)
        }
    }

    @Test(arguments: ["model", "encoding", "sample_rate", "channels", "multichannel", "Sample_Rate"])
    func whatIsWorkedOutCannotBeOverridden(name: String) {
        #expect(throws: RequestError.self) {
            try ListenRequest(
                url: url(), model: "nova-3", encoding: .opus, rate: SampleRate(hertz: 16_000),
                query: [QueryParameter(name, "1")])
        }
    }

    @Test func malformedParametersAreRefused() {
        for parameter in [QueryParameter("", "x"), QueryParameter("a\n", "x"), QueryParameter("a", "x\u{0}")]
        {
            #expect(throws: RequestError.malformedParameter(name: parameter.name)) {
                try ListenRequest(
                    url: url(), model: "nova-3", encoding: .opus, rate: SampleRate(hertz: 16_000),
                    query: [parameter])
            }
        }
        #expect(throws: RequestError.missingModel) {
            try ListenRequest(url: url(), model: "", encoding: .opus, rate: SampleRate(hertz: 16_000))
        }
    }

    @Test func speakTargetAsksForLinear16() throws {
        let url = try ServiceURL(parsing: "wss://a", defaultPath: SpeakRequest.defaultPath)
        let request = try SpeakRequest(
            url: url, model: "aura-2-thalia-en", rate: SampleRate(hertz: 24_000),
            query: [QueryParameter("speed", "1.1")])
        #expect(
            request.target == "/v1/speak?model=aura-2-thalia-en&encoding=linear16&sample_rate=24000&speed=1.1"
        )
        #expect(throws: RequestError.unsupportedRate(hertz: 44_100, offered: SpeakRequest.offeredRates)) {
            try SpeakRequest(url: url, model: "x", rate: SampleRate(hertz: 44_100))
        }
        #expect(throws: RequestError.self) {
            try SpeakRequest(
                url: url, model: "x", rate: SampleRate(hertz: 24_000),
                query: [QueryParameter("container", "wav")])
        }
    }
}
