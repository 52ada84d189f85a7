import SpeechProtocol
import Testing
import Timeline

@Suite struct SentenceSplitterTests {
    private func pieces(_ text: String, limit: Int = 600, aim: Int = 0) -> [String] {
        SentenceSplitter(limit: limit, aim: aim).pieces(of: text)
    }

    @Test func sentencesEndAtTheirMarks() {
        #expect(pieces("One. Two! Three? Four… Five") == ["One.", "Two!", "Three?", "Four…", "Five"])
        #expect(pieces("He said \"no.\" She left.") == ["He said \"no.\"", "She left."])
        #expect(
            pieces("It is 3.5 metres, i.e. long. Really.") == ["It is 3.5 metres, i.e. long.", "Really."])
        #expect(pieces("Dr. No met J. S. Bach. They ate.") == ["Dr. No met J. S. Bach.", "They ate."])
        #expect(pieces("Das ist z.B. Nina. Gut.") == ["Das ist z.B. Nina.", "Gut."])
        #expect(pieces("今日は。「元気？」はい！") == ["今日は。", "「元気？」", "はい！"])
    }

    @Test func whiteSpaceAndControlsBecomeSpaces() {
        #expect(pieces("  a\n\tb\u{0}\u{7}c \u{A0} d  ") == ["a b c d"])
        #expect(pieces("") == [])
        #expect(pieces(" \r\n\u{0} ") == [])
    }

    @Test func theFirstSentenceGoesAloneAndLaterOnesTogether() {
        #expect(
            pieces("One. Two. Three. Four. Five.", aim: 12) == ["One.", "Two. Three.", "Four. Five."])
    }

    @Test func longSentencesAreCutBehindCommasThenBetweenWords() {
        #expect(pieces("aaaa bbbb, cccc dddd eeee ffff", limit: 20) == ["aaaa bbbb,", "cccc dddd eeee ffff"])
        #expect(pieces("aaaa bbbb cccc dddd", limit: 10) == ["aaaa bbbb", "cccc dddd"])
    }

    @Test func charactersStayWhole() {
        let family = "👩‍👩‍👧‍👦"
        let cut = pieces(String(repeating: family, count: 5), limit: 60)
        #expect(cut == [family + family, family + family, family])
        #expect(pieces(String(repeating: "漢", count: 10), limit: 9) == ["漢漢漢", "漢漢漢", "漢漢漢", "漢"])
    }

    @Test func oneCharacterBeyondAllMeasureIsCutBetweenScalars() {
        let heap = "a" + String(repeating: "\u{301}", count: 1_000)
        let cut = pieces(heap, limit: 100)
        #expect(cut.allSatisfy { $0.utf8.count <= 100 })
        #expect(cut.joined() == heap)
    }

    @Test func noPieceExceedsTheLimitAndNothingIsLost() {
        var generator = Multiplier(state: 7)
        let alphabet = [
            "a", "bb", "ß", "漢", "👩‍👩‍👧", " ", " ", ", ", ". ", "! ", "。", "e\u{301}", "\"", ")", "\n",
        ]
        for _ in 0..<500 {
            let length = Int.random(in: 0...200, using: &generator)
            let text = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "" }.joined()
            let limit = Int.random(in: 25...80, using: &generator)
            let cut = pieces(text, limit: limit, aim: Int.random(in: 0...limit, using: &generator))
            #expect(cut.allSatisfy { !$0.isEmpty && $0.utf8.count <= limit })
            let bare = { (text: String) in text.filter { !$0.isWhitespace } }
            #expect(bare(cut.joined()) == bare(text))
        }
    }
}

@Suite struct RateWindowTests {
    @Test func noMinuteHoldsMoreThanTheLimit() {
        var window = RateWindow(limit: 20, window: .seconds(60))
        var now = at(0)
        var times: [BootTime] = []
        for _ in 0..<100 {
            now = window.next(1, at: now)
            window.used(1, at: now)
            times.append(now)
        }
        for (index, time) in times.enumerated() where index >= 20 {
            #expect(time - times[index - 20] >= .seconds(60))
        }
        #expect(times[19] == at(0) && times[20] == at(60))
    }

    @Test func whatIsLargerThanTheLimitPassesAlone() {
        var window = RateWindow(limit: 10, window: .seconds(60))
        #expect(window.next(50, at: at(0)) == at(0))
        window.used(50, at: at(0))
        #expect(window.next(1, at: at(1)) == at(60))
    }
}

@Suite struct SampleAlignerTests {
    @Test func cutsAnywhereMakeTheSameSamples() {
        let bytes: [UInt8] = [0x01, 0x00, 0xFF, 0x7F, 0x00, 0x80, 0xFE, 0xFF]
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var aligner = SampleAligner()
                let samples =
                    aligner.samples(from: bytes[..<first]) + aligner.samples(from: bytes[first..<second])
                    + aligner.samples(from: bytes[second...])
                #expect(samples == [1, 32_767, -32_768, -2])
            }
        }
    }

    @Test func anOddByteIsForgottenOnRequest() {
        var aligner = SampleAligner()
        #expect(aligner.samples(from: [9]) == [])
        aligner.reset()
        #expect(aligner.samples(from: [1, 0]) == [1])
    }
}
