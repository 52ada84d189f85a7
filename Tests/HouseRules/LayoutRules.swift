import Testing

@Suite struct LayoutRules {
    @Test func filesAreShort() {
        let found = Repository.files.filter(\.isCode).filter { $0.lines.count > 400 }.map {
            Violation(
                path: $0.path, line: 0, remedy: "has \($0.lines.count) lines; divide it: 400 is the end")
        }
        report(found)
    }

    @Test func linesAreShort() {
        let found = Repository.files.filter(\.isCode).flatMap { file in
            // A golden text of a test stands on one line, as it does on the wire.
            file.lines.indices.filter {
                // Counting characters costs more than counting bytes, of which there are no fewer.
                file.lines[$0].utf8.count > 110 && file.lines[$0].count > 110
                    && !(file.path.hasPrefix("Tests/") && file.lines[$0].mentions("\""))
            }.map {
                Violation(path: file.path, line: $0 + 1, remedy: "break the line: 110 columns are the end")
            }
        }
        report(found)
    }

    @Test func functionsAreShort() {
        let found = Repository.swift.flatMap { file in
            FunctionSpan.all(in: file.code).filter { $0.last - $0.first >= 70 }.map {
                Violation(
                    path: file.path, line: $0.first,
                    remedy: "divide the function: it has \($0.last - $0.first + 1) lines, and 70 are the end")
            }
        }
        report(found)
    }

    @Test func linesEndWhereTheyEnd() {
        let found = Repository.files.filter(\.isCode).flatMap { file in
            file.lines.indices.filter {
                file.lines[$0].last?.isWhitespace == true || file.lines[$0].mentions("\t")
            }
            .map { Violation(path: file.path, line: $0 + 1, remedy: "take out tabs and trailing blanks") }
        }
        report(found)
    }
}

extension TextFile {
    /// Swift and C of the product and its tests, and the manifest.
    var isCode: Bool {
        let isInPlace = path.hasPrefix("Sources/") || path.hasPrefix("Tests/") || path == "Package.swift"
        return isInPlace && [".swift", ".c", ".h"].contains { path.hasSuffix($0) }
    }
}
