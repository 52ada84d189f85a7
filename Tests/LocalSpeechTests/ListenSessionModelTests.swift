import Testing

@testable import LocalSpeech

/// At 8000 frames a second, the lowest rate there is.
@Suite struct ListenSessionModelTests {
    private static let rate = 8_000

    private func model(
        style: ListenSessionModel.HearingStyle = .everySecond,
        _ change: (inout ListenParameters) -> Void = { _ in }
    ) throws -> ListenSessionModel {
        var parameters = ListenParameters()
        parameters.sampleRate = Self.rate
        change(&parameters)
        return try ListenSessionModel(
            parameters: parameters,
            settings: .init(style: style, idleLimit: .seconds(12), audioLimit: .seconds(25)),
            requestID: "request", created: "then")
    }

    private let atPauses = ListenSessionModel.HearingStyle.atPauses(milliseconds: 400, interimWords: false)
    private let silence: (Double) -> [UInt8] = { [UInt8](repeating: 0, count: Int($0 * 8000) * 2) }
    private let speech: (Double) -> [UInt8] = { PCM.bytes(littleEndian: TestSignals.speech(Int($0 * 8000))) }
    private let word = [RecognisedWord(text: "word", start: 0.1, end: 0.4, confidence: 0.5)]

    private func results(_ actions: [ListenSessionModel.Action]) -> [ListenMessage.Results] {
        actions.compactMap {
            guard case .send(.results(let results)) = $0 else { return nil }
            return results
        }
    }

    private func jobs(_ actions: [ListenSessionModel.Action]) -> [RecognitionJob] {
        actions.compactMap {
            guard case .recognise(let job) = $0 else { return nil }
            return job
        }
    }

    private func metadata(_ actions: [ListenSessionModel.Action]) -> ListenMessage.Metadata? {
        for case .send(.metadata(let metadata)) in actions { return metadata }
        return nil
    }

    @Test func nothingIsSaidBeforeAudioMakesItDue() throws {
        var model = try model()
        #expect(model.timePassed(to: .seconds(1)).isEmpty)
        #expect(model.textReceived(#"{"type":"KeepAlive"}"#, at: .seconds(1)).isEmpty)
        #expect(model.binaryReceived(silence(0.5), at: .seconds(1)).actions.isEmpty)
    }

    @Test func silentRoomIsConfirmedByEmptyFinals() throws {
        var model = try model(style: atPauses)
        let finals = results(model.binaryReceived(silence(11), at: .zero).actions)
        #expect(finals.map(\.start) == [0, 5])
        #expect(finals.map(\.duration) == [5, 5])
        #expect(
            finals.allSatisfy { $0.isFinal && !$0.speechFinal && $0.channel.alternatives[0].words.isEmpty })
    }

    @Test func finalsLeaveInOrderThoughTheEngineIsSlow() throws {
        var model = try model(style: atPauses)
        let first = model.binaryReceived(speech(1) + silence(1), at: .zero).actions
        let job = try #require(jobs(first).first)
        #expect(results(first).isEmpty)
        // Five seconds of silence are decided at once, and wait for the words before them.
        #expect(model.binaryReceived(silence(6), at: .zero).actions.isEmpty)
        let finals = results(model.recognised(job.id, words: word))
        #expect(finals.map(\.start) == [0, 1.4])
        #expect(finals[0].start + finals[0].duration == finals[1].start)
        #expect(finals[0].speechFinal)
        #expect(finals[0].channel.alternatives[0].transcript == "word")
        #expect(finals[0].channel.alternatives[0].words.map(\.start) == [0.1])
    }

    @Test func endpointingOffFinalisesWithoutSpeechFinal() throws {
        var model = try model(style: atPauses) { $0.endpointing = .off }
        let actions = model.binaryReceived(speech(1) + silence(1), at: .zero).actions
        let job = try #require(jobs(actions).first)
        #expect(results(model.recognised(job.id, words: word)).map(\.speechFinal) == [false])
    }

    @Test func longerEndpointingWaitsLonger() throws {
        var model = try model(style: atPauses) { $0.endpointing = .after(milliseconds: 1500) }
        #expect(model.binaryReceived(speech(1) + silence(1.4), at: .zero).actions.isEmpty)
        #expect(jobs(model.binaryReceived(silence(0.2), at: .zero).actions).count == 1)
    }

    @Test func closeStreamWaitsForTheLastWordsThenSummarises() throws {
        var model = try model(style: atPauses)
        let audio = speech(1)
        _ = model.binaryReceived(audio, at: .zero)
        let closing = model.textReceived(#"{"type":"CloseStream"}"#, at: .zero)
        let job = try #require(jobs(closing).first)
        #expect(closing.count == 1)
        #expect(model.binaryReceived(audio, at: .zero).actions.isEmpty)
        let last = model.recognised(job.id, words: word)
        #expect(results(last).map(\.duration) == [1])
        var digest = SHA256Digest()
        digest.update(audio)
        let summary = try #require(metadata(last))
        #expect(summary.sha256 == digest.hexadecimal())
        #expect(summary.duration == 1)
        #expect(summary.channels == 1)
        #expect(last.last == .close(.normal))
    }

    @Test func closeWithoutAudioIsTheDocumentedSummaryOfNothing() throws {
        var model = try model()
        let last = model.textReceived(#"{"type":"CloseStream"}"#, at: .zero)
        let summary = try #require(metadata(last))
        #expect(summary.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(summary.duration == 0)
        #expect(summary.channels == 0)
        #expect(last.last == .close(.normal))
    }

    @Test(arguments: [[], [UInt8(0)]])
    func emptyMessageAndSingleZeroEndTheStream(message: [UInt8]) throws {
        var model = try model(style: atPauses)
        _ = model.binaryReceived(silence(1), at: .zero)
        let actions = model.binaryReceived(message, at: .zero).actions
        #expect(metadata(actions)?.duration == 1)
        #expect(actions.last == .close(.normal))
    }

    @Test func finalizeConfirmsEverythingReceivedAndAlwaysAnswers() throws {
        var model = try model()
        _ = model.binaryReceived(speech(0.3), at: .zero)
        let actions = model.textReceived(#"{"type":"Finalize"}"#, at: .zero)
        let job = try #require(jobs(actions).first)
        let final = try #require(results(model.recognised(job.id, words: word)).first)
        #expect(final.fromFinalize && final.isFinal && !final.speechFinal)
        #expect(final.duration == 0.3)
        let again = results(model.textReceived(#"{"type":"Finalize"}"#, at: .zero))
        #expect(again.map(\.duration) == [0])
        #expect(again.map(\.start) == [0.3])
        #expect(again.map(\.fromFinalize) == [true])
    }

    @Test func everyChannelHasItsOwnResults() throws {
        var model = try model {
            $0.channels = 2
            $0.multichannel = true
        }
        let stereo = TestSignals.ramp(0..<Self.rate).flatMap { [$0, $0 &+ 100] }
        let jobs = jobs(model.binaryReceived(PCM.bytes(littleEndian: stereo), at: .zero).actions)
        #expect(jobs.map { $0.samples[0] } == [0, 100])
        let second = results(model.recognised(jobs[1].id, words: word))
        #expect(second.map(\.channelIndex) == [[1, 2]])
        #expect(results(model.recognised(jobs[0].id, words: word)).map(\.channelIndex) == [[0, 2]])
        let one = model.textReceived(#"{"type":"Finalize","channel":1}"#, at: .zero)
        #expect(results(one).map(\.channelIndex) == [[1, 2]])
    }

    @Test func interimsComeEverySecondAndNeverBehindAFinal() throws {
        var model = try model(style: .atPauses(milliseconds: 400, interimWords: true)) {
            $0.interimResults = true
        }
        let first = jobs(model.binaryReceived(speech(1), at: .zero).actions)
        #expect(first.count == 1)
        let interim = try #require(results(model.recognised(first[0].id, words: word)).first)
        #expect(!interim.isFinal)
        #expect(interim.duration == 1)
        let second = jobs(model.binaryReceived(speech(1), at: .zero).actions)
        let final = jobs(model.binaryReceived(silence(0.5), at: .zero).actions)
        #expect(model.recognised(second[0].id, words: word).isEmpty)
        #expect(results(model.recognised(final[0].id, words: word)).map(\.isFinal) == [true])
    }

    @Test func readerOfTestSignalsHasAnInterimBetweenItsFinals() throws {
        var model = try model { $0.interimResults = true }
        let interim = jobs(model.binaryReceived(speech(0.5), at: .zero).actions)
        #expect(interim.map(\.samples.count) == [4000])
        #expect(results(model.recognised(interim[0].id, words: word)).map(\.isFinal) == [false])
        let final = jobs(model.binaryReceived(speech(0.5), at: .zero).actions)
        #expect(final.map(\.samples.count) == [8000])
        #expect(results(model.recognised(final[0].id, words: word)).map(\.isFinal) == [true])
    }

    @Test func speechStartedAndUtteranceEndComeOnRequest() throws {
        var model = try model(style: atPauses) {
            $0.vadEvents = true
            $0.utteranceEndMilliseconds = 1000
        }
        let started = model.binaryReceived(silence(0.5) + speech(0.5), at: .zero).actions
        #expect(started.first == .send(.speechStarted(.init(channel: [0, 1], timestamp: 0.5))))
        let ended = model.binaryReceived(silence(1.5), at: .zero).actions
        let job = try #require(jobs(ended).first)
        let last = model.recognised(job.id, words: word).last
        #expect(last == .send(.utteranceEnd(.init(channel: [0, 1], lastWordEnd: 0.4))))
    }

    @Test func silentClientLosesWhatWasNotFinal() throws {
        var model = try model()
        _ = model.binaryReceived(speech(0.5), at: .seconds(3))
        #expect(model.timePassed(to: .seconds(14)).isEmpty)
        let end = model.timePassed(to: .seconds(15))
        #expect(metadata(end)?.sha256 == "incomplete")
        #expect(results(end).isEmpty)
        #expect(end.last == .close(.clientSilent))
        #expect(model.timePassed(to: .seconds(16)).isEmpty)
    }

    @Test func keepAliveExtendsTheWindowButNotWithoutAnyAudio() throws {
        var model = try model()
        for second in [5, 10, 15, 20] {
            #expect(model.timePassed(to: .seconds(second)).isEmpty)
            #expect(model.textReceived(#"{"type":"KeepAlive"}"#, at: .seconds(second)).isEmpty)
        }
        #expect(model.timePassed(to: .seconds(25)).last == .close(.serverSilent))
    }

    @Test func unknownTextIsAnsweredAndConfigureConfirmed() throws {
        var model = try model()
        for text in [#"{"type":"Sing"}"#, "{", #"{"kind":1}"#] {
            guard case .send(.error(let error)) = model.textReceived(text, at: .zero).first else {
                Issue.record("\(text) was not answered by an error")
                continue
            }
            #expect(error.variant == "SchemaError")
            #expect(error.message == text)
        }
        let configured = model.textReceived(#"{"type":"Configure","keyterms":["a"]}"#, at: .zero)
        #expect(configured == [.send(.configureSuccess(.init(requestId: "request", keyterms: ["a"])))])
    }

    @Test func undecodableAudioEndsWithItsCode() throws {
        var model = try model { $0.encoding = .opus }
        #expect(model.binaryReceived(Array("OggS....".utf8), at: .zero).actions.last == .close(.undecodable))
    }

    @Test func formattedTranscriptHasCapitalAndFullStop() throws {
        var model = try model { $0.formatted = true }
        let actions = model.binaryReceived(speech(1), at: .zero).actions
        let job = try #require(jobs(actions).first)
        let two = word + [RecognisedWord(text: "end", start: 0.5, end: 0.6, confidence: 1)]
        let alternative = try #require(results(model.recognised(job.id, words: two)).first).channel
            .alternatives[0]
        #expect(alternative.transcript == "Word end.")
        #expect(alternative.words.map(\.word) == ["word", "end"])
        #expect(alternative.confidence == 0.75)
    }

    @Test func messagesHaveTheWireNames() {
        let message = ListenMessage.utteranceEnd(.init(channel: [0, 1], lastWordEnd: 2.5))
        #expect(message.json() == #"{"channel":[0,1],"last_word_end":2.5,"type":"UtteranceEnd"}"#)
    }
}
