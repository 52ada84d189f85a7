/// Puts frames and words into the service's messages. Pure; frames become seconds here and nowhere else.
struct ListenResultComposer {
    /// A stretch of one connection's audio, in frames.
    struct Span: Equatable {
        var start: Int
        var frames: Int
    }

    let parameters: ListenParameters
    let requestID: String
    /// ISO 8601, for `Metadata`.
    let created: String
    let channelCount: Int

    /// There are no models here; one fixed identifier stands for "this machine".
    private static let modelIdentifier = "00000000-0000-4000-8000-6c6f63616c00"

    func interim(_ span: Span, channel: Int, words: [RecognisedWord]) -> ListenMessage {
        results(span, channel: channel, words: words, isFinal: false, speechFinal: false, fromFinalize: false)
    }

    func departure(_ departure: ChannelTimeline.Departure, channel: Int) -> ListenMessage {
        switch departure {
        case .segment(let segment, let words):
            results(
                Span(start: segment.start, frames: segment.frames), channel: channel, words: words,
                isFinal: true, speechFinal: segment.speechFinal, fromFinalize: segment.fromFinalize)
        case .utteranceEnd(let lastWordEnd):
            .utteranceEnd(.init(channel: [channel, channelCount], lastWordEnd: lastWordEnd))
        }
    }

    func speechStarted(frame: Int, channel: Int) -> ListenMessage {
        .speechStarted(.init(channel: [channel, channelCount], timestamp: seconds(frame)))
    }

    func configured(keyterms: [String]) -> ListenMessage.ConfigureSuccess {
        .init(requestId: requestID, keyterms: keyterms)
    }

    func metadata(duration: Double, heardAudio: Bool, sha256: String) -> ListenMessage {
        .metadata(
            .init(
                requestId: requestID, sha256: sha256, created: created, duration: duration,
                channels: heardAudio ? parameters.channels : 0, models: [Self.modelIdentifier],
                modelInfo: [Self.modelIdentifier: .init(name: parameters.model)]))
    }

    private func results(
        _ span: Span, channel: Int, words: [RecognisedWord], isFinal: Bool, speechFinal: Bool,
        fromFinalize: Bool
    ) -> ListenMessage {
        let offset = seconds(span.start)
        let length = seconds(span.frames)
        let wire = words.enumerated().map { index, word in
            ListenMessage.Word(
                word: word.text, start: offset + min(word.start, length), end: offset + min(word.end, length),
                confidence: word.confidence,
                punctuatedWord: parameters.formatted ? formatted(word.text, index, of: words.count) : nil)
        }
        let confidence = words.isEmpty ? 0 : words.map(\.confidence).reduce(0, +) / Double(words.count)
        return .results(
            .init(
                channelIndex: [channel, channelCount], duration: length, start: offset, isFinal: isFinal,
                speechFinal: speechFinal, fromFinalize: fromFinalize,
                channel: .init(alternatives: [
                    .init(
                        transcript: wire.map { $0.punctuatedWord ?? $0.word }.joined(separator: " "),
                        confidence: confidence, words: wire)
                ]),
                metadata: .init(
                    requestId: requestID, modelUuid: Self.modelIdentifier,
                    modelInfo: .init(name: parameters.model))))
    }

    private func formatted(_ word: String, _ index: Int, of count: Int) -> String {
        let capital = index == 0 ? word.prefix(1).uppercased() + word.dropFirst() : word
        guard index == count - 1, let last = capital.last, last.isLetter || last.isNumber else {
            return capital
        }
        return capital + "."
    }

    private func seconds(_ frames: Int) -> Double { Double(frames) / Double(parameters.sampleRate) }
}
