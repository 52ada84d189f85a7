/// A Swift text with everything blanked that is not code: comments, and what stands in quotes.
///
/// Lines and columns stay where they are, so what is found here is found there.
struct CodeText {
    let lines: [Substring]

    init(_ text: String) {
        var blanking = Blanking(text)
        lines = blanking.run().split(separator: "\n", omittingEmptySubsequences: false)
    }
}

/// One walk over a text.
private struct Blanking {
    private let bytes: [UInt8]
    private var code: [UInt8]
    private var index = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
        code = bytes
    }

    mutating func run() -> String {
        skipCode(untilParenthesis: false)
        return String(decoding: code, as: UTF8.self)
    }

    private func starts(with text: String, at index: Int) -> Bool {
        bytes[min(index, bytes.count)...].starts(with: text.utf8)
    }

    /// Whether something that is not code, or a parenthesis, may begin with `byte`.
    private static func mayBegin(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#")
            || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")")
    }

    /// Whether quoted text may end, or be interrupted, with `byte`.
    private static func mayEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\n")
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count where index < bytes.count {
            if bytes[index] != UInt8(ascii: "\n") { code[index] = UInt8(ascii: " ") }
            index += 1
        }
    }

    /// Past code, blanking what is in between; inside an interpolation, up to the parenthesis that ends it.
    private mutating func skipCode(untilParenthesis inside: Bool) {
        var depth = 0
        while index < bytes.count {
            guard Self.mayBegin(bytes[index]) else {
                if inside { blank(1) } else { index += 1 }
                continue
            }
            let hashes = bytes[index...].prefix { $0 == UInt8(ascii: "#") }.count
            if starts(with: "//", at: index) {
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { blank(1) }
            } else if starts(with: "/*", at: index) {
                while index < bytes.count, !starts(with: "*/", at: index) { blank(1) }
                blank(2)
            } else if starts(with: "\"", at: index + hashes) {
                skipString(hashes: hashes)
            } else {
                if bytes[index] == UInt8(ascii: "(") { depth += 1 }
                if bytes[index] == UInt8(ascii: ")") { depth -= 1 }
                if inside { blank(1) } else { index += 1 }
                if inside, depth < 0 { return }
            }
        }
    }

    private mutating func skipString(hashes: Int) {
        let rail = String(repeating: "#", count: hashes)
        let quotes = starts(with: "\"\"\"", at: index + hashes) ? "\"\"\"" : "\""
        blank(hashes + quotes.count)
        while index < bytes.count {
            guard Self.mayEnd(bytes[index]) else {
                blank(1)
                continue
            }
            if starts(with: quotes + rail, at: index) { return blank(quotes.count + hashes) }
            if starts(with: "\\" + rail + "(", at: index) {
                blank(hashes + 2)
                skipCode(untilParenthesis: true)
            } else if starts(with: "\\" + rail, at: index) {
                blank(hashes + 2)
            } else if quotes == "\"", bytes[index] == UInt8(ascii: "\n") {
                return
            } else {
                blank(1)
            }
        }
    }
}

/// A function of a Swift text: the lines from its name to its last brace, both counted from 1.
struct FunctionSpan: Equatable {
    let first: Int
    let last: Int

    static func all(in lines: [Substring]) -> [FunctionSpan] {
        let beginning = /\b(func|init|deinit|subscript)\b/
        let call = /[.]init\b/
        return lines.indices.compactMap { index in
            let line = lines[index]
            guard line.mentions(anyOf: ["func", "init", "subscript"]), line.contains(beginning),
                !(line.mentions(".init") && line.contains(call))
            else { return nil }
            return last(of: lines[index...]).map { FunctionSpan(first: index + 1, last: $0 + 1) }
        }
    }

    /// The line where the first brace of `lines` is closed again; nil where there is none before the next
    /// blank line, as in a protocol.
    private static func last(of lines: ArraySlice<Substring>) -> Int? {
        var depth = 0
        var isOpen = false
        for index in lines.indices {
            if !isOpen, lines[index].allSatisfy(\.isWhitespace) { return nil }
            guard lines[index].mentions(anyOf: ["{", "}"]) else { continue }
            for byte in lines[index].utf8 {
                if byte == UInt8(ascii: "{") { depth += 1 }
                if byte == UInt8(ascii: "}") { depth -= 1 }
                if depth < 0 { return nil }
                if byte == UInt8(ascii: "{") { isOpen = true }
                if isOpen, depth == 0 { return index }
            }
        }
        return nil
    }
}
