import Testing

@testable import LocalSpeech

/// 1000 frames a second, so that a frame is a millisecond and a window is 20 frames.
@Suite struct SpeechSegmenterTests {
    private func segmenter(utteranceEnd: Int? = nil) -> SpeechSegmenter {
        SpeechSegmenter(
            sampleRate: 1000, method: .voice(endSilenceFrames: 400, utteranceEndFrames: utteranceEnd))
    }

    private let quiet: (Int) -> [Int16] = { [Int16](repeating: 3, count: $0) }

    @Test func silenceIsCutEveryFiveSeconds() {
        var segmenter = segmenter()
        let events = segmenter.append(quiet(12_000))
        #expect(
            events == [5000, 10_000].map { .cut(.init(frame: $0, hasSpeech: false, atPause: false)) })
    }

    @Test func utteranceIsCutBehindItsPauseAndSilenceBeforeItSeparately() {
        var segmenter = segmenter()
        let events = segmenter.append(quiet(2000) + TestSignals.speech(1000) + quiet(1000))
        #expect(
            events == [
                .cut(.init(frame: 1700, hasSpeech: false, atPause: false)), .speechStarted(frame: 2000),
                .cut(.init(frame: 3400, hasSpeech: true, atPause: true)),
            ])
    }

    @Test func aClickIsNoSpeech() {
        var segmenter = segmenter()
        #expect(segmenter.append(quiet(500) + TestSignals.speech(20) + quiet(500)) == [])
    }

    @Test func shortPausesStayInsideAnUtterance() {
        var segmenter = segmenter()
        let events = segmenter.append(
            TestSignals.speech(500) + quiet(300) + TestSignals.speech(500) + quiet(500))
        #expect(
            events == [.speechStarted(frame: 0), .cut(.init(frame: 1700, hasSpeech: true, atPause: true))])
    }

    @Test func endlessSpeechIsCutAtItsQuietestRecentWindow() {
        var segmenter = segmenter()
        let dip = [Int16](repeating: 1000, count: 20)
        let events = segmenter.append(TestSignals.speech(14_000) + dip + TestSignals.speech(2000))
        #expect(
            events == [.speechStarted(frame: 0), .cut(.init(frame: 14_020, hasSpeech: true, atPause: false))])
        #expect(segmenter.hasSpeech)
    }

    @Test func utteranceEndComesOnceAfterItsSilence() {
        var segmenter = segmenter(utteranceEnd: 1000)
        let events = segmenter.append(TestSignals.speech(500) + quiet(4000))
        #expect(
            events == [
                .speechStarted(frame: 0), .cut(.init(frame: 900, hasSpeech: true, atPause: true)),
                .utteranceEnded,
            ])
    }

    @Test func cutNowEndsTheOpenSegmentEvenWithinAWindow() {
        var segmenter = segmenter()
        _ = segmenter.append(TestSignals.speech(507))
        #expect(segmenter.cutNow() == .init(frame: 507, hasSpeech: true, atPause: false))
        #expect(segmenter.cutNow() == .init(frame: 507, hasSpeech: true, atPause: false))
        #expect(segmenter.boundary == 507)
    }

    @Test func chunkSizeChangesNothing() {
        let audio =
            quiet(1500) + TestSignals.speech(900) + quiet(2000) + TestSignals.speech(300) + quiet(6000)
        var whole = segmenter(utteranceEnd: 700)
        let expected = whole.append(audio)
        #expect(expected.count > 5)
        for size in [1, 7, 20, 333] {
            var parts = segmenter(utteranceEnd: 700)
            let events = stride(from: 0, to: audio.count, by: size).flatMap {
                parts.append(Array(audio[$0..<min($0 + size, audio.count)]))
            }
            #expect(events == expected)
        }
    }

    @Test func fixedMethodCutsByCountAlone() {
        var segmenter = SpeechSegmenter(sampleRate: 1000, method: .fixed(frames: 1000))
        #expect(
            segmenter.append(quiet(2500))
                == [1000, 2000].map {
                    .cut(.init(frame: $0, hasSpeech: true, atPause: false))
                })
    }
}
