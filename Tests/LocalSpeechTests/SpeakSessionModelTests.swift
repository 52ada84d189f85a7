import Testing

@testable import LocalSpeech

@Suite struct SpeakSessionModelTests {
    private func model(_ change: (inout SpeakSessionModel.Limits) -> Void = { _ in }) -> SpeakSessionModel {
        var parameters = SpeakParameters()
        parameters.sampleRate = 8_000
        var limits = SpeakSessionModel.Limits()
        change(&limits)
        return SpeakSessionModel(parameters: parameters, limits: limits)
    }

    private let flush = #"{"type":"Flush"}"#
    private func speak(_ text: String) -> String { #"{"type":"Speak","text":"\#(text)"}"# }
    private func warning(_ actions: [SpeakSessionModel.Action]) -> Bool {
        guard case .send(.warning) = actions.first else { return false }
        return true
    }

    @Test func textWaitsForItsSentenceOrAFlush() {
        var model = model()
        #expect(model.textReceived(speak("One two"), at: .zero).isEmpty)
        #expect(
            model.textReceived(speak(" three. Four"), at: .zero) == [
                .synthesise(job: 0, text: "One two three.")
            ])
        #expect(model.textReceived(flush, at: .zero).isEmpty)
        #expect(model.synthesised(0, samples: [1]).isEmpty)
        #expect(model.nextChunk()?.actions == [.synthesise(job: 1, text: " Four")])
    }

    @Test func flushedFollowsTheLastByteOfItsAudio() throws {
        var model = model { $0.chunkBytes = 4 }
        _ = model.textReceived(speak("One"), at: .zero)
        #expect(model.textReceived(flush, at: .zero) == [.synthesise(job: 0, text: "One")])
        #expect(!model.hasAudio)
        #expect(model.synthesised(0, samples: [1, 2, 3]).isEmpty)
        #expect(model.hasAudio)
        let firstChunk = model.nextChunk()
        let first = try #require(firstChunk)
        #expect(first.bytes == [1, 0, 2, 0])
        #expect(first.actions.isEmpty)
        let lastChunk = model.nextChunk()
        let last = try #require(lastChunk)
        #expect(last.bytes == [3, 0])
        #expect(last.actions == [.send(.flushed(sequenceID: 0))])
        #expect(model.nextChunk() == nil)
        #expect(model.textReceived(flush, at: .zero) == [.send(.flushed(sequenceID: 1))])
    }

    @Test func oddChunksCutSamplesButLoseNothing() {
        var model = model {
            $0.chunkBytes = 4
            $0.oddChunks = true
        }
        let samples = TestSignals.ramp(0..<100)
        _ = model.textReceived(speak("One"), at: .zero)
        _ = model.textReceived(flush, at: .zero)
        _ = model.synthesised(0, samples: samples)
        var bytes: [UInt8] = []
        var oddChunks = 0
        while let chunk = model.nextChunk() {
            bytes += chunk.bytes
            oddChunks += chunk.bytes.count % 2
        }
        #expect(PCM.samples(littleEndian: bytes) == samples)
        #expect(oddChunks > 10)
    }

    @Test func clearDropsTextAudioAndWhatTheEngineStillMakes() {
        var model = model()
        _ = model.textReceived(speak("One. Two. Three"), at: .zero)
        #expect(model.textReceived(#"{"type":"Clear"}"#, at: .zero) == [.send(.cleared(sequenceID: 0))])
        #expect(model.textReceived(speak("Four"), at: .zero).isEmpty)
        // The engine is still busy with what was cleared: the new text waits for it.
        #expect(model.textReceived(flush, at: .zero).isEmpty)
        #expect(model.synthesised(0, samples: [1, 2]) == [.synthesise(job: 2, text: "Four")])
        #expect(!model.hasAudio)
    }

    @Test func closeSpeaksWhatIsBufferedFirst() {
        var model = model()
        _ = model.textReceived(speak("One"), at: .zero)
        #expect(model.textReceived(#"{"type":"Close"}"#, at: .zero) == [.synthesise(job: 0, text: "One")])
        _ = model.synthesised(0, samples: [1])
        #expect(model.nextChunk()?.actions == [.close(.normal)])
        #expect(model.textReceived(flush, at: .zero).isEmpty)
    }

    @Test func failedEngineBringsAWarningAndStillFlushes() {
        var model = model()
        _ = model.textReceived(speak("One"), at: .zero)
        _ = model.textReceived(flush, at: .zero)
        let actions = model.synthesised(0, samples: nil)
        #expect(warning(actions))
        #expect(actions.last == .send(.flushed(sequenceID: 0)))
    }

    @Test func theTwentyFirstFlushOfAMinuteIsIgnoredWithAWarning() {
        var model = model()
        for number in 0..<20 {
            #expect(model.textReceived(flush, at: .seconds(number)) == [.send(.flushed(sequenceID: number))])
        }
        #expect(warning(model.textReceived(flush, at: .seconds(59))))
        #expect(model.textReceived(flush, at: .seconds(60)) == [.send(.flushed(sequenceID: 20))])
    }

    @Test(arguments: [
        ("Sing", 1008), ("", 1008),
    ])
    func unknownCommandsClose(type: String, code: Int) {
        var model = model()
        guard case .close(let closure) = model.textReceived(#"{"type":"\#(type)"}"#, at: .zero).first else {
            Issue.record("not closed")
            return
        }
        #expect(closure.code == code)
    }

    @Test func limitsCloseWithTheirCodes() {
        func code(_ actions: [SpeakSessionModel.Action]) -> Int? {
            guard case .close(let closure) = actions.last else { return nil }
            return closure.code
        }
        var long = model()
        #expect(code(long.textReceived(speak(String(repeating: "a", count: 2001)), at: .zero)) == 1009)
        var much = model()
        #expect(code(much.textReceived(speak(String(repeating: "a", count: 1500)), at: .zero)) == nil)
        #expect(code(much.textReceived(speak(String(repeating: "a", count: 1500)), at: .seconds(59))) == 1008)
        var steady = model()
        #expect(code(steady.textReceived(speak(String(repeating: "a", count: 1500)), at: .zero)) == nil)
        #expect(
            code(steady.textReceived(speak(String(repeating: "a", count: 1500)), at: .seconds(60))) == nil)
        var binary = model()
        #expect(code(binary.binaryReceived()) == 1003)
        var old = model()
        #expect(old.timePassed(to: .seconds(3599)).isEmpty)
        #expect(code(old.timePassed(to: .seconds(3600))) == 1011)
    }
}
