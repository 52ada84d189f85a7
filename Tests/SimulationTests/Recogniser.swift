import Audio

/// Hears one channel of one connection: frames in, stretches with their words out.
///
/// It knows what is said at each position, and nothing else about positions: its times are those of the
/// connection. Whoever heard the middle of a word understood it; half a word without its middle is noise.
struct Recogniser {
    struct Word: Equatable {
        let text: String
        /// Frames of the connection.
        let start: Int64
        let end: Int64
        /// Part of it was not heard, or belongs to another stretch.
        let isCut: Bool
    }

    /// What was said from `start` to `end`, in frames of the connection.
    struct Stretch: Equatable {
        let start: Int64
        let end: Int64
        let words: [Word]
        let isFinal: Bool
        let atPause: Bool
    }

    private struct Heard {
        let slot: Int64
        var start: Int64
        var end: Int64
        var hasMiddle: Bool
        /// Begun, and not heard to its end.
        var isOpen: Bool
        var isCut: Bool
    }

    private let speech: Speech
    private var dice: Dice
    private var heard: [Heard] = []
    /// Told already, although more of it may come.
    private var toldSlot: Int64?
    /// Frames heard, and up to where they are final.
    private(set) var frames: Int64 = 0
    private var edge: Int64 = 0
    private var wordsWanted: Int

    init(_ speech: Speech, dice: Dice) {
        self.speech = speech
        self.dice = dice
        wordsWanted = self.dice.number(2...8)
    }

    private var second: Int64 { Int64(speech.rate.hertz) }

    mutating func hear(_ position: Int64, _ count: Int64) {
        let end = position + count
        if let last = heard.last, last.isOpen,
            speech.word(last.slot).map({ $0.upperBound <= position }) ?? true
        {
            closeLast()
        }
        for slot in speech.slot(of: position)...speech.slot(of: end - 1) where slot != toldSlot {
            guard let word = speech.word(slot) else { continue }
            let part = word.clamped(to: position..<end)
            guard !part.isEmpty else { continue }
            let start = frames + part.lowerBound - position
            let middle = (word.lowerBound + word.upperBound) / 2
            if let last = heard.indices.last, heard[last].slot == slot {
                heard[last].end = start + Int64(part.count)
                heard[last].hasMiddle = heard[last].hasMiddle || part.contains(middle)
                heard[last].isOpen = end < word.upperBound
            } else {
                closeLast()
                heard.append(
                    Heard(
                        slot: slot, start: start, end: start + Int64(part.count),
                        hasMiddle: part.contains(middle), isOpen: end < word.upperBound,
                        isCut: part.lowerBound > word.lowerBound))
            }
        }
        frames += count
    }

    /// Whatever comes later, the last word is over.
    private mutating func closeLast() {
        guard let last = heard.indices.last, heard[last].isOpen else { return }
        heard[last].isOpen = false
        heard[last].isCut = true
    }

    /// The stretches that are final by now.
    mutating func finals() -> [Stretch] {
        var finals: [Stretch] = []
        while let cut = nextCut() { finals.append(take(to: cut.frame, atPause: cut.atPause)) }
        return finals
    }

    private func nextCut() -> (frame: Int64, atPause: Bool)? {
        if let last = heard.last, !last.isOpen, speech.style != .tiled, frames - last.end >= second * 3 / 10 {
            return (last.end + second * 3 / 10, true)
        }
        if heard.isEmpty, frames - edge >= second * 5 { return (frames, false) }
        let whole = heard.prefix { !$0.isOpen }
        guard whole.count >= wordsWanted else { return nil }
        return (heard[wordsWanted - 1].end, false)
    }

    /// Everything heard becomes final, in the middle of a word, too.
    mutating func finalize() -> Stretch { take(to: frames, atPause: false) }

    /// What is heard and not final yet.
    func interim() -> Stretch {
        let words = heard.filter(\.hasMiddle).map { told($0, until: frames) }
        return Stretch(start: edge, end: frames, words: words, isFinal: false, atPause: false)
    }

    private mutating func take(to cut: Int64, atPause: Bool) -> Stretch {
        let inside = heard.filter { $0.start < cut }
        let words = inside.filter(\.hasMiddle).map { told($0, until: cut) }
        if let last = inside.last, last.isOpen, last.hasMiddle { toldSlot = last.slot }
        heard.removeAll { $0.start < cut && ($0.hasMiddle || !$0.isOpen) }
        for index in heard.indices where heard[index].start < cut {
            // Its second half will be told, with the next stretch.
            heard[index].start = cut
            heard[index].isCut = true
        }
        defer {
            edge = cut
            wordsWanted = dice.number(2...8)
        }
        return Stretch(start: edge, end: cut, words: words, isFinal: true, atPause: atPause)
    }

    private func told(_ word: Heard, until cut: Int64) -> Word {
        Word(
            text: speech.text(word.slot), start: word.start, end: min(word.end, cut),
            isCut: word.isCut || word.isOpen)
    }
}
