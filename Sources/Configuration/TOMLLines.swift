/// On which line each key of a TOML text stands; the parser does not tell.
///
/// Reads text the parser has already found well-formed, and only finds its way from key to key. On other
/// text it ends early or knows too little, and a message then goes without its line.
struct TOMLLines: Sendable {
    /// Line of a key, counted from 1, by its path.
    private(set) var lines: [[String]: Int] = [:]
    /// The first line with a string that holds `\u0000`.
    private(set) var escapedNUL: Int?

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1

    init(_ text: String) {
        bytes = Array(text.utf8)
        var table: [String] = []
        while skipBlank(), let byte = current {
            let started = index
            if byte == UInt8(ascii: "[") {
                while current == UInt8(ascii: "[") { advance() }
                table = readKey(under: [])
                skipLine()
            } else {
                let path = readKey(under: table)
                skipAssignment()
                skipValue(of: path)
            }
            if index == started { skipLine() }
        }
    }

    /// The line of `path`, or of the nearest table around it that has one.
    subscript(path: [String]) -> Int? {
        var path = path
        while !path.isEmpty {
            if let line = lines[path] { return line }
            path.removeLast()
        }
        return nil
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func starts(with text: StaticString) -> Bool {
        let wanted = text.description.utf8
        return bytes[index...].starts(with: wanted)
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n") { line += 1 }
            index += 1
        }
    }

    private mutating func skipLine() {
        while let byte = current, byte != UInt8(ascii: "\n") { advance() }
        advance()
    }

    /// Past white space, line ends and comments; false at the end.
    private mutating func skipBlank() -> Bool {
        while let byte = current {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): advance()
            case UInt8(ascii: "#"): skipLine()
            default: return true
            }
        }
        return false
    }

    private mutating func skipSpaces() {
        while current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") { advance() }
    }

    private mutating func skipAssignment() {
        skipSpaces()
        if current == UInt8(ascii: "=") { advance() }
        skipSpaces()
    }

    /// A dotted key, noted with its line under `table`; returns its path.
    private mutating func readKey(under table: [String]) -> [String] {
        var path = table
        repeat {
            skipSpaces()
            path.append(readName())
            if lines[path] == nil { lines[path] = line }
            skipSpaces()
            guard current == UInt8(ascii: ".") else { return path }
            advance()
        } while true
    }

    private mutating func readName() -> String {
        let begin = index
        if current == UInt8(ascii: "\"") || current == UInt8(ascii: "'") {
            skipString()
            return String(decoding: bytes[min(begin + 1, index)..<max(begin + 1, index - 1)], as: UTF8.self)
        }
        while let byte = current, Self.isBare(byte) { advance() }
        return String(decoding: bytes[begin..<index], as: UTF8.self)
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    private mutating func skipValue(of path: [String]) {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString()
        case UInt8(ascii: "["): skipList(until: UInt8(ascii: "]")) { $0.skipValue(of: path) }
        case UInt8(ascii: "{"):
            skipList(until: UInt8(ascii: "}")) { lines in
                let inner = lines.readKey(under: path)
                lines.skipAssignment()
                lines.skipValue(of: inner)
            }
        default:
            while let byte = current, !Self.endsValue(byte) { advance() }
        }
    }

    private static func endsValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "#"), UInt8(ascii: "\n"):
            true
        default: false
        }
    }

    private mutating func skipList(until end: UInt8, element: (inout TOMLLines) -> Void) {
        advance()
        while skipBlank(), let byte = current {
            if byte == end { return advance() }
            if byte == UInt8(ascii: ",") {
                advance()
                continue
            }
            let started = index
            element(&self)
            if index == started { advance() }
        }
    }

    private mutating func skipString() {
        guard let quote = current else { return }
        let isBasic = quote == UInt8(ascii: "\"")
        let isLong = isBasic ? starts(with: "\"\"\"") : starts(with: "'''")
        advance(isLong ? 3 : 1)
        while let byte = current {
            if isBasic, byte == UInt8(ascii: "\\") {
                if starts(with: "\\u0000") || starts(with: "\\U00000000") { escapedNUL = escapedNUL ?? line }
                advance(2)
            } else if byte == quote, !isLong {
                return advance()
            } else if byte == quote, isBasic ? starts(with: "\"\"\"") : starts(with: "'''") {
                // Up to two more quotes may belong to the string itself.
                while current == quote { advance() }
                return
            } else {
                advance()
            }
        }
    }
}
