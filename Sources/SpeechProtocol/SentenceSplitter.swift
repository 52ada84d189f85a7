/// Cuts a text into pieces to be spoken one after the other.
///
/// Cuts fall behind sentences; where a sentence is longer than a piece may be, behind a comma and the like;
/// failing that, between words; failing that, between characters as people see them. White space becomes
/// single spaces. The first piece is one sentence, so that speech begins soon; later sentences are put
/// together up to the aim.
package struct SentenceSplitter: Hashable, Sendable {
    /// Bytes of UTF-8 no piece exceeds.
    package let limit: Int
    /// Bytes of UTF-8 up to which sentences are put together.
    package let aim: Int

    package init(limit: Int = Limits.pieceBytesMax, aim: Int = Limits.pieceBytesAim) {
        precondition(limit >= 4 && aim <= limit, "a piece holds one scalar at least")
        self.limit = limit
        self.aim = aim
    }

    /// The pieces of `text`, in order, none empty.
    package func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        for sentence in sentences(of: text) {
            // The first piece stays alone; what follows grows up to the aim.
            if pieces.count > 1, let last = pieces.last {
                let joined = sentence.adjoins ? last + sentence.text : last + " " + sentence.text
                if joined.utf8.count <= aim {
                    pieces[pieces.count - 1] = joined
                    continue
                }
            }
            pieces.append(sentence.text)
        }
        return pieces
    }

    /// Text between two cuts; `adjoins`: without a space before it.
    private struct Part {
        var text: String
        var adjoins: Bool
    }

    private func sentences(of text: String) -> [Part] {
        let words = words(of: text)
        var sentences: [Part] = []
        var current: Part?
        // Bytes of `current` up to and with its last comma or the like.
        var clause = 0
        for (index, word) in words.enumerated() {
            if let open = current, open.text.utf8.count + 1 + word.text.utf8.count > limit {
                let (piece, rest) = cut(open, behind: clause)
                sentences.append(piece)
                current = rest
                clause = 0
                // What is left of it may still be too long together with this word.
                if let rest, rest.text.utf8.count + 1 + word.text.utf8.count > limit {
                    sentences.append(rest)
                    current = nil
                }
            }
            if let open = current {
                current?.text = open.text + (word.adjoins ? "" : " ") + word.text
            } else {
                current = word
            }
            if let last = word.text.last, ",;:–—、，；：".contains(last) {
                clause = current?.text.utf8.count ?? 0
            }
            let next = index + 1 < words.count ? words[index + 1] : nil
            if endsSentence(word.text, before: next), let whole = current {
                sentences.append(whole)
                current = nil
                clause = 0
            }
        }
        if let current { sentences.append(current) }
        return sentences
    }

    private func cut(_ part: Part, behind clause: Int) -> (Part, Part?) {
        let bytes = part.text.utf8
        guard clause > limit / 3, clause < bytes.count else { return (part, nil) }
        let index = bytes.index(bytes.startIndex, offsetBy: clause)
        let rest = part.text[index...]
        let adjoins = rest.first != " "
        return (
            Part(text: String(part.text[..<index]), adjoins: part.adjoins),
            Part(text: String(adjoins ? rest : rest.dropFirst()), adjoins: adjoins)
        )
    }

    /// Words, which in scripts without spaces end at their full stop; longer ones are cut to the limit.
    private func words(of text: String) -> [Part] {
        var words: [Part] = []
        for word in text.split(whereSeparator: isBlank) {
            var start = word.startIndex
            var adjoins = false
            while start < word.endIndex {
                var end = start
                var size = 0
                var isClosed = false
                while end < word.endIndex {
                    let character = word[end]
                    if size > 0, size + character.utf8.count > limit { break }
                    size += character.utf8.count
                    end = word.index(after: end)
                    isClosed = "。！？".contains(character) || (isClosed && "」』）”’".contains(character))
                    if isClosed, end == word.endIndex || !"」』）”’".contains(word[end]) { break }
                }
                for piece in scalarPieces(of: word[start..<end]) {
                    words.append(Part(text: piece, adjoins: adjoins))
                    adjoins = true
                }
                start = end
            }
        }
        return words
    }

    /// `word` itself, unless one single character of it (a letter under a heap of marks) is beyond the limit.
    private func scalarPieces(of word: Substring) -> [String] {
        guard word.utf8.count > limit else { return [String(word)] }
        var pieces: [String] = []
        var piece = String.UnicodeScalarView()
        var size = 0
        for scalar in word.unicodeScalars {
            let width = UTF8.width(scalar)
            if size + width > limit {
                pieces.append(String(piece))
                piece = .init()
                size = 0
            }
            piece.append(scalar)
            size += width
        }
        pieces.append(String(piece))
        return pieces
    }

    private func isBlank(_ character: Character) -> Bool {
        character.isWhitespace
            || character.unicodeScalars.allSatisfy {
                $0.value < 0x20 || 0x7F...0x9F ~= $0.value || $0 == "\u{FEFF}"
            }
    }

    private func endsSentence(_ word: String, before next: Part?) -> Bool {
        let closers = "\"'”’»)]」』）"
        var body = Substring(word)
        while let last = body.last, closers.contains(last) { body.removeLast() }
        guard let last = body.last else { return false }
        if "!?…。！？".contains(last) { return true }
        guard last == "." else { return false }
        guard let next, let first = next.text.first(where: { !"\"'“‘«([".contains($0) }) else { return true }
        if first.isLowercase { return false }
        // An initial or a title: J. S. Bach, z. B., Dr. No.
        let stem = body.dropLast()
        return stem.count > 1 && !Self.titles.contains(stem.lowercased())
    }

    private static let titles: Set<String> = [
        "dr", "mr", "mrs", "ms", "prof", "st", "nr", "no", "vs", "z.b", "d.h", "bzw", "ca", "inkl", "evtl",
        "sr", "sra",
        "mme", "e.g", "i.e", "approx",
    ]
}
