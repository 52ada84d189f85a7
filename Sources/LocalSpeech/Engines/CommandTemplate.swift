/// A command line with places for a text and a file, as `--listen-command` and `--speak-command` take it.
///
/// No shell is involved: words are split at blanks outside quotes, and `{wav}` or `{text}` becomes (part of)
/// one argument whatever it contains.
package struct CommandTemplate: Equatable, Sendable {
    /// Why a template was refused.
    package enum Failure: Error, Equatable {
        case empty
        case openQuote
    }

    private let words: [String]

    package init(_ text: String) throws(Failure) {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in text {
            if character == quote {
                quote = nil
            } else if quote != nil {
                word = (word ?? "") + String(character)
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == " " || character == "\t" {
                if let finished = word { words.append(finished) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { throw .openQuote }
        if let finished = word { words.append(finished) }
        guard !words.isEmpty else { throw .empty }
        self.words = words
    }

    /// Whether `{name}` occurs.
    package func mentions(_ name: String) -> Bool { words.contains { $0.contains("{\(name)}") } }

    /// The arguments with each `{name}` replaced by its value. A value is never looked into again.
    package func arguments(_ values: [String: String]) -> [String] {
        words.map { word in
            var result = ""
            var rest = Substring(word)
            while let open = rest.firstIndex(of: "{") {
                result += rest[..<open]
                rest = rest[open...]
                guard let close = rest.firstIndex(of: "}"),
                    let value = values[String(rest[rest.index(after: open)..<close])]
                else {
                    result.append("{")
                    rest = rest.dropFirst()
                    continue
                }
                result += value
                rest = rest[rest.index(after: close)...]
            }
            return result + rest
        }
    }
}
