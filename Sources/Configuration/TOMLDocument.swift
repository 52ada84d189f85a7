internal import TOMLKit

/// A file's text as a tree of values, with the line of each key. The only place that knows the parser.
struct TOMLDocument {
    /// Where and why a text is not TOML.
    struct SyntaxError: Error, Equatable {
        let line: Int
        /// In bytes, from 1; nil where only the line is known.
        let column: Int?
        let message: String
    }

    let root: [TOMLNode.Entry]
    let lines: TOMLLines

    init(_ text: String) throws(SyntaxError) {
        // The parser takes a C string: it would stop at a NUL and call the beginning the whole.
        if let place = Self.line(ofByte: 0, in: text) {
            throw SyntaxError(line: place, column: nil, message: "a NUL byte")
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let begin = error.source.begin
            throw SyntaxError(
                line: begin.line, column: begin.column, message: Self.discreet(error.description))
        } catch {
            throw SyntaxError(line: 1, column: nil, message: "the parser failed")
        }
        lines = TOMLLines(text)
        // Strings come back as C strings too, so an escaped NUL would cut one short.
        if let line = lines.escapedNUL {
            throw SyntaxError(line: line, column: nil, message: "a string holds an escaped NUL")
        }
        root = Self.entries(of: table)
    }

    private static func entries(of table: TOMLTable) -> [TOMLNode.Entry] {
        table.keys.sorted().compactMap { name in
            table[name].map { TOMLNode.Entry(name: name, value: node($0)) }
        }
    }

    private static func node(_ value: any TOMLValueConvertible) -> TOMLNode {
        if let text = value.string { return .string(text) }
        if let number = value.int { return .integer(Int64(number)) }
        if let number = value.double { return .float(number) }
        if let flag = value.bool { return .boolean(flag) }
        if let array = value.array { return .array(array.map(node)) }
        if let table = value.table { return .table(entries(of: table)) }
        return .date
    }

    /// The parser's message on one line, less anything quoted from the file that might be a key of a service.
    ///
    /// What looks like the name of one of our keys stays, and so does a quotation of up to three characters.
    static func discreet(_ message: String) -> String {
        let parts = message.split(separator: "'", omittingEmptySubsequences: false)
        let cleaned = parts.enumerated().map { index, part in
            let isQuoted = index % 2 == 1
            let isName = part.allSatisfy { $0 == "_" || $0 == "." || ("a"..."z").contains($0) }
            return isQuoted && part.count > 3 && !isName ? "…" : String(part)
        }
        return cleaned.joined(separator: "'").escaped()
    }

    private static func line(ofByte byte: UInt8, in text: String) -> Int? {
        var line = 1
        for each in text.utf8 {
            if each == byte { return line }
            if each == UInt8(ascii: "\n") { line += 1 }
        }
        return nil
    }
}
