import Testing

@testable import LocalSpeech

@Suite struct RequestTests {
    private func listen(_ query: String) throws(RequestRefusal) -> ListenParameters {
        try ListenParameters(query: QueryParameters(target: "/v1/listen?\(query)"))
    }

    private func speak(_ query: String) throws(RequestRefusal) -> SpeakParameters {
        try SpeakParameters(query: QueryParameters(target: "/v1/speak?\(query)"))
    }

    @Test func queryIsDecodedInOrderWithRepetitions() {
        let query = QueryParameters(target: "/v1/listen?keyterm=a%20b&keyterm=c+d&empty=&bare")
        #expect(query.items.map(\.name) == ["keyterm", "keyterm", "empty", "bare"])
        #expect(query.items.map(\.value) == ["a b", "c d", "", ""])
        #expect(QueryParameters(target: "/v1/listen").items.isEmpty)
        #expect(QueryParameters.path(of: "/v1/listen?x=/y") == "/v1/listen")
    }

    @Test func listenParametersAreRead() throws {
        let parameters = try listen(
            "model=nova-3&encoding=opus&sample_rate=48000&channels=2&multichannel=true&interim_results=true"
                + "&endpointing=300&utterance_end_ms=1000&vad_events=true&smart_format=true")
        #expect(parameters.encoding == .opus)
        #expect(parameters.sampleRate == 48_000)
        #expect(parameters.channels == 2)
        #expect(
            parameters.multichannel && parameters.interimResults && parameters.vadEvents
                && parameters.formatted)
        #expect(parameters.endpointing == .after(milliseconds: 300))
        #expect(parameters.utteranceEndMilliseconds == 1000)
        #expect(try listen("encoding=linear16&sample_rate=8000&endpointing=false").endpointing == .off)
        #expect(try listen("encoding=linear16&sample_rate=8000").endpointing == .after(milliseconds: 10))
    }

    @Test(arguments: [
        "", "encoding=linear16", "encoding=mp7&sample_rate=16000", "encoding=flac&sample_rate=16000",
        "encoding=linear16&sample_rate=fast", "encoding=linear16&sample_rate=16000&channels=9",
        "encoding=opus&sample_rate=44100", "encoding=opus&sample_rate=16000&channels=3",
        "encoding=linear16&sample_rate=16000&interim_results=True",
        "encoding=linear16&sample_rate=16000&numerals=1",
        "encoding=linear16&sample_rate=16000&utterance_end_ms=1000",
        "encoding=linear16&sample_rate=16000&endpointing=soon",
    ])
    func wrongListenParametersAre400(query: String) {
        #expect { try listen(query) } throws: { ($0 as? RequestRefusal)?.status == 400 }
    }

    @Test func speakParametersAreCheckedAgainstTheDocumentedLists() throws {
        #expect(try speak("").sampleRate == 24_000)
        #expect(try speak("encoding=linear16&sample_rate=48000&container=none").sampleRate == 48_000)
        for query in [
            "sample_rate=44100", "encoding=mulaw", "encoding=mp3", "container=wav", "sample_rate=x",
        ] {
            #expect { try speak(query) } throws: { ($0 as? RequestRefusal)?.status == 400 }
        }
    }
}

@Suite struct CredentialsTests {
    private let file = Credentials(file: "# keys\n\n  key-one \nkey-two\neyJh.b.c\n")

    private func presented(_ subprotocols: [String], _ authorization: String? = nil) -> Credentials.Presented?
    {
        Credentials.presented(subprotocols: subprotocols, authorization: authorization)
    }

    @Test(arguments: [["token, key-one"], ["token,key-one"], ["token", "key-one"]])
    func keyIsFoundHoweverTheHeaderIsWritten(lines: [String]) {
        #expect(presented(lines) == .init(scheme: .token, secret: "key-one", bySubprotocol: true))
        #expect(file.accept(presented(lines)))
    }

    @Test(arguments: ["Token key-two", "token key-two"])
    func authorizationHeaderCarriesAKeyWithoutEcho(value: String) {
        #expect(presented([], value) == .init(scheme: .token, secret: "key-two", bySubprotocol: false))
        #expect(file.accept(presented([], value)))
    }

    @Test func temporaryTokenIsABearerAndNotAKey() {
        #expect(file.accept(presented(["bearer, eyJh.b.c"])))
        #expect(file.accept(presented([], "Bearer eyJh.b.c")))
        #expect(!file.accept(presented(["token, eyJh.b.c"])))
        #expect(!Credentials.any.accept(presented(["token, eyJh.b.c"])))
    }

    @Test func nothingElseOpens() {
        for header in [[], ["token"], ["chat, key-one"], ["token, key-three"], ["token, "]] {
            #expect(!file.accept(presented(header)))
        }
        #expect(!file.accept(presented([], "key-one")))
        #expect(!Credentials.any.accept(presented([])))
        #expect(Credentials.any.accept(presented(["token, whatever"])))
    }

    @Test func secretsAppearInNoDescriptionAndNoRecord() {
        #expect(!"\(file)".contains("key-one"))
        #expect(HeaderMask.masked("token, key-one", of: "Sec-WebSocket-Protocol") == "token, ‹7 characters›")
        #expect(HeaderMask.masked("token,key-one", of: "sec-websocket-protocol") == "token,‹7 characters›")
        #expect(HeaderMask.masked("Token key-one", of: "Authorization") == "Token ‹7 characters›")
        #expect(HeaderMask.masked("key-one", of: "authorization") == "‹7 characters›")
        #expect(HeaderMask.masked("x", of: "Host") == "x")
    }
}

@Suite struct FaultCommandTests {
    private func command(_ json: String) throws(FaultCommand.Failure) -> FaultCommand {
        try FaultCommand(json: Array(json.utf8))
    }

    @Test func commandsAreRead() throws {
        #expect(
            try command(#"{"next":"429","count":3,"retry_after":2,"service":"listen"}"#)
                == FaultCommand(
                    .next(.status(429, retryAfterSeconds: 2), FaultSchedule(), count: 3), service: .listen))
        #expect(
            try command(#"{"next":"reset","after_audio":2.5}"#)
                == FaultCommand(.next(.reset, FaultSchedule(afterAudioSeconds: 2.5), count: 1)))
        #expect(
            try command(#"{"now":"freeze","seconds":1.5,"after":1}"#)
                == FaultCommand(.now(.freeze, FaultSchedule(afterSeconds: 1, lastingSeconds: 1.5))))
        #expect(
            try command(#"{"now":"close","code":1008,"reason":"DATA-0000"}"#)
                == FaultCommand(.now(.close(StreamClosure(code: 1008, reason: "DATA-0000")), FaultSchedule()))
        )
        #expect(
            try command(#"{"now":"slow","seconds":2}"#)
                == FaultCommand(.now(.slow(seconds: 2), FaultSchedule())))
        #expect(try command(#"{"down":3}"#) == FaultCommand(.down(seconds: 3)))
        #expect(try command(#"{"clear":true}"#) == FaultCommand(.clear))
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"next":"sulk"}"#, #"{"next":"200"}"#, #"{"now":"refuse"}"#,
        #"{"next":"reset","count":0}"#,
        #"{"next":"garbage","kind":"x"}"#, #"{"now":"close","code":7}"#, #"{"down":-1}"#,
        #"{"next":"reset","service":"v"}"#,
    ])
    func nonsenseIsRefusedWithASentence(json: String) {
        #expect(throws: FaultCommand.Failure.self) { try command(json) }
    }

    @Test func planGivesEachServiceItsFaultsInOrder() {
        var plan = FaultPlan()
        plan.add(.reset, FaultSchedule(), service: .speak, count: 1)
        plan.add(.silent, FaultSchedule(), service: .any, count: 2)
        #expect(plan.pending == 3)
        #expect(plan.take(for: .listen)?.fault == .silent)
        #expect(plan.take(for: .speak)?.fault == .reset)
        #expect(plan.take(for: .speak)?.fault == .silent)
        #expect(plan.take(for: .speak) == nil)
        plan.add(.reset, FaultSchedule(), service: .any, count: 9)
        plan.clear()
        #expect(plan.take(for: .listen) == nil)
    }
}
