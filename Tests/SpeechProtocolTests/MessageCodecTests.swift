import SpeechProtocol
import Testing

@Suite struct ListenCodecTests {
    private func decode(_ text: String) -> ListenMessage {
        MessageCodec().listenMessage(from: Array(text.utf8))
    }

    @Test func resultsAreReadWhole() {
        let message = decode(
            #"""
            {"type":"Results","channel_index":[1,2],"duration":1.1999999,"start":2.5,"is_final":true,
             "speech_final":true,"from_finalize":true,"new_field":{"a":[1]},
             "channel":{"alternatives":[{"transcript":"Guten Tag.","confidence":0.97,"languages":["de"],
              "words":[{"word":"guten","start":2.5,"end":2.9,"confidence":0.9,"punctuated_word":"Guten","speaker":0},
                       {"word":"tag","start":2.9,"end":3.25,"confidence":0.8,"speaker":1.0}]},
              {"transcript":"second","confidence":0.1,"words":[]}]},
             "metadata":{"request_id":"r-1","model_uuid":"m"},"entities":[]}
            """#)
        #expect(
            message
                == .results(
                    ListenResults(
                        channel: 1, channelCount: 2, start: 2.5, duration: 1.1999999, isFinal: true,
                        speechFinal: true,
                        fromFinalize: true, transcript: "Guten Tag.", confidence: 0.97,
                        words: [
                            .init(
                                word: "guten", punctuated: "Guten", start: 2.5, end: 2.9, confidence: 0.9,
                                speaker: 0),
                            .init(
                                word: "tag", punctuated: nil, start: 2.9, end: 3.25, confidence: 0.8,
                                speaker: 1),
                        ], requestID: "r-1")))
    }

    @Test func resultsNeedOnlyATime() {
        #expect(
            decode(#"{"type":"Results","start":0,"duration":1}"#)
                == .results(ListenResults(start: 0, duration: 1)))
        #expect(
            decode(
                #"{"type":"Results","start":0,"duration":1,"is_final":"yes","channel":{"alternatives":{}}}"#)
                == .results(ListenResults(start: 0, duration: 1)))
    }

    @Test func aBadWordDoesNotSpoilTheSentence() {
        let message = decode(
            #"""
            {"type":"Results","start":0,"duration":1,"channel":{"alternatives":[{"transcript":"a b","words":
             [{"word":"a","start":0,"end":0.5},{"word":"x"},7,null,{"word":"y","start":2,"end":1},
              {"word":"b","start":0.5,"end":1,"speaker":1.5,"confidence":7}]}]}}
            """#)
        guard case .results(let results) = message else {
            Issue.record("not results: \(message)")
            return
        }
        #expect(results.words.map(\.word) == ["a", "b"])
        #expect(results.words.map(\.speaker) == [nil, nil])
        #expect(results.words.map(\.confidence) == [0, 0])
    }

    @Test func otherMessagesAreRead() {
        #expect(
            decode(
                #"{"type":"Metadata","request_id":"r","sha256":"incomplete","duration":14.958563,"channels":1}"#
            )
                == .metadata(
                    ListenMetadata(requestID: "r", duration: 14.958563, channels: 1, sha256: "incomplete")))
        #expect(decode(#"{"type":"Metadata"}"#) == .metadata(ListenMetadata()))
        #expect(
            decode(#"{"type":"SpeechStarted","channel":[0,1],"timestamp":9.54}"#)
                == .speechStarted(channel: 0, seconds: 9.54))
        #expect(
            decode(#"{"type":"UtteranceEnd","channel":[1,2],"last_word_end":2.395}"#)
                == .utteranceEnd(channel: 1, seconds: 2.395))
        #expect(
            decode(#"{"type":"UtteranceEnd","channel":[0,1],"last_word_end":-1}"#)
                == .utteranceEnd(channel: 0, seconds: nil))
        #expect(
            decode(#"{"type":"ConfigureSuccess","request_id":"r","keyterms":["a"]}"#)
                == .configureSuccess(requestID: "r"))
        #expect(
            decode(#"{"type":"ConfigureFailure","code":"CONFIGURE_ALREADY_PENDING","description":"wait"}"#)
                == .configureFailure(ServiceNotice(code: "CONFIGURE_ALREADY_PENDING", description: "wait")))
        #expect(
            decode(#"{"type":"Error","variant":"SchemaError","description":"bad","message":"{}"}"#)
                == .error(ServiceNotice(code: "SchemaError", description: "bad")))
        #expect(
            decode(#"{"type":"Warning","warn_code":"W","warn_msg":"m"}"#)
                == .warning(ServiceNotice(code: "W", description: "m")))
        #expect(decode(#"{"type":"TurnInfo","event":"Update"}"#) == .unknown(type: "TurnInfo"))
    }

    @Test(arguments: [
        "", "{", "null", "[]", "7", #""Results""#, "{}", #"{"type":7}"#, #"{"type":null}"#,
        #"{"type":"Results"}"#, #"{"type":"Results","start":"a","duration":1}"#,
        #"{"type":"Results","start":-1,"duration":1}"#, #"{"type":"Results","start":1e300,"duration":1}"#,
        #"{"type":"Results","start":1e999,"duration":1}"#, #"{"type":"Results","start":0,"duration":-0.1}"#,
        #"{"type":"Results","channel_index":[-1,1],"start":0,"duration":1}"#,
        #"{"type":"Results","channel_index":[1e30,1],"start":0,"duration":1}"#,
        #"{"type":"Results","channel_index":[0,99999999999999999999],"start":0,"duration":1}"#,
        #"{"type":"Results","channel_index":[2,1],"start":0,"duration":1}"#,
        #"{"type":"Results","channel_index":[0.5,1],"start":0,"duration":1}"#,
        #"{"type":"Results","channel_index":[],"start":0,"duration":1}"#,
        #"{"type":"SpeechStarted"}"#, #"{"type":"UtteranceEnd","channel":"x"}"#,
    ])
    func nonsenseIsMalformed(text: String) {
        guard case .malformed = decode(text) else {
            Issue.record("taken for \(decode(text))")
            return
        }
    }

    @Test func noBytesMakeItFall() {
        let whole = Array(
            #"{"type":"Results","channel_index":[0,1],"start":1.5,"duration":2,"channel":{"alternatives":[{"words":[]}]}}"#
                .utf8)
        for length in whole.indices {
            guard case .malformed = MessageCodec().listenMessage(from: Array(whole[..<length])) else {
                Issue.record("a message cut at \(length) was taken")
                return
            }
        }
        var generator = Multiplier(state: 42)
        for _ in 0..<3_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
                    in: 0...255, using: &generator)
            }
            if case .results(let results) = MessageCodec().listenMessage(from: bytes) {
                #expect(results.start >= 0 && results.duration >= 0 && results.channel < results.channelCount)
            }
        }
        let deep = String(repeating: "[", count: 100_000)
        _ = MessageCodec().listenMessage(from: Array(#"{"type":"Results","channel":\#(deep)"#.utf8))
    }
}

@Suite struct SpeakCodecTests {
    private func decode(_ text: String) -> SpeakMessage {
        MessageCodec().speakMessage(from: Array(text.utf8))
    }

    @Test func messagesAreRead() {
        #expect(
            decode(
                #"{"type":"Metadata","request_id":"r","model_name":"aura-2-thalia-en","additional_model_uuids":[]}"#
            )
                == .metadata(requestID: "r", model: "aura-2-thalia-en"))
        #expect(decode(#"{"type":"Flushed","sequence_id":0}"#) == .flushed)
        #expect(decode(#"{"type":"Cleared","sequence_id":0}"#) == .cleared)
        #expect(
            decode(#"{"type":"Warning","description":"d","code":"c"}"#)
                == .warning(ServiceNotice(code: "c", description: "d")))
        #expect(
            decode(#"{"type":"Warning","warn_code":"c","warn_msg":"d"}"#)
                == .warning(ServiceNotice(code: "c", description: "d")))
        #expect(decode(#"{"type":"Error","err_msg":"d"}"#) == .error(ServiceNotice(description: "d")))
        #expect(decode(#"{"type":"Connected"}"#) == .unknown(type: "Connected"))
        #expect(decode("\u{0}") == .malformed(reason: "not a JSON object with a type"))
    }
}

@Suite struct CommandTests {
    @Test func textsAreTheProtocols() {
        #expect(ListenCommand.keepAlive.text == #"{"type":"KeepAlive"}"#)
        #expect(ListenCommand.finalize(channel: nil).text == #"{"type":"Finalize"}"#)
        #expect(ListenCommand.finalize(channel: 0).text == #"{"type":"Finalize","channel":0}"#)
        #expect(ListenCommand.closeStream.text == #"{"type":"CloseStream"}"#)
        #expect(
            ListenCommand.configure(numerals: true, keyterms: ["a\"b", "ü"]).text
                == #"{"type":"Configure","features":{"numerals":true},"keyterms":["a\"b","ü"]}"#)
        #expect(
            ListenCommand.configure(numerals: nil, keyterms: []).text
                == #"{"type":"Configure","keyterms":[]}"#)
        #expect(SpeakCommand.flush.text == #"{"type":"Flush"}"#)
        #expect(SpeakCommand.clear.text == #"{"type":"Clear"}"#)
        #expect(SpeakCommand.close.text == #"{"type":"Close"}"#)
    }

    @Test func anyTextIsSpokenAsItIs() {
        #expect(
            SpeakCommand.speak("He said \"no\\\"\n\t\u{0}\u{1F} 👩‍👩‍👧 é ü 漢\u{2028}").text
                == #"{"type":"Speak","text":"He said \"no\\\"\u000a\u0009\u0000\u001f 👩‍👩‍👧 é ü 漢\#u{2028}"}"#)
    }
}

/// A small generator with a seed, so that a failure can be had again.
struct Multiplier: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
