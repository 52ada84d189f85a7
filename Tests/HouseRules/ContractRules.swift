import Testing

/// Doc comments that promise something, and the code that keeps it.
@Suite struct ContractRules {
    @Test func everyTypeOfThePackageIsDocumented() {
        let type = /\bpackage\s+(?:final\s+)?(?:indirect\s+)?(?:struct|class|enum|actor|protocol)\b/
        let found = Declaration.shipped.filter {
            $0.documentation.isEmpty && $0.head.mentions("package") && $0.head.contains(type)
        }.map { Violation(path: $0.path, line: $0.line, remedy: "say in a sentence what the type is") }
        report(found)
    }

    @Test func whatPromisesRealTimeIsCheckedByTheCompiler() {
        let found = Declaration.shipped.filter {
            $0.promisesRealTime && !$0.isCheckedForRealTime
        }.map {
            Violation(
                path: $0.path, line: $0.line, remedy: "add @_noAllocation @_noLocks, or do not say RT-safe.")
        }
        report(found)
    }

    @Test func whatTheCompilerChecksForRealTimeSaysSo() {
        let found = Declaration.shipped.filter {
            $0.isCheckedForRealTime && $0.head.contains(/\bpackage\b/) && !$0.speaksOfRealTime
        }.map {
            Violation(
                path: $0.path, line: $0.line, remedy: "say RT-safe. in the doc comment, and what it waits for"
            )
        }
        report(found)
    }

    @Test func theTwoChecksAreAskedForTogether() {
        let found = Repository.shipped.flatMap { file in
            file.code(mentioning: ["@_noAllocation", "@_noLocks"]).filter {
                file.code[$0].mentions("@_noAllocation") != file.code[$0].mentions("@_noLocks")
            }.map {
                Violation(
                    path: file.path, line: $0 + 1, remedy: "write @_noAllocation @_noLocks, both on one line")
            }
        }
        report(found)
    }
}

/// A declaration with its doc comment, found by the shape of its lines.
struct Declaration: Equatable {
    let path: String
    /// Of its keyword, from 1.
    let line: Int
    /// What stands in its doc comment, in one line.
    let documentation: String
    /// Attributes, modifiers and name, and for a property its accessors.
    let head: String

    /// The words as a sentence of their own: "RT-safe but for …" promises something else.
    var promisesRealTime: Bool { documentation.mentions("RT-safe.") }

    /// Says RT-safe in whatever way, with a restriction perhaps.
    var speaksOfRealTime: Bool { documentation.mentions("RT-safe") }

    var isCheckedForRealTime: Bool { head.mentions("@_noAllocation") }

    private static let keywords = [
        "func", "init", "subscript", "var", "let", "struct", "class", "enum", "actor", "protocol",
    ]

    static let shipped = Repository.shipped.flatMap { all(in: $0) }

    static func all(in file: TextFile) -> [Declaration] {
        let code = file.code
        let declaration =
            /^\s*(?:[@\w()&]+\s+)*(?:func|init|subscript|var|let|struct|class|enum|actor|protocol)\b/
        let property = /\bvar\b|\bsubscript\b/
        let accessor = /^\s*@[^{]*\b(?:get|set|_read|_modify)\b/
        return file.code(mentioning: keywords).filter {
            code[$0].prefixMatch(of: declaration) != nil && file.lines.indices.contains($0)
        }.map { index in
            var first = index
            while first > 0, code[first - 1].begins(with: "@") { first -= 1 }
            var begin = first
            while begin > 0, file.lines[begin - 1].begins(with: "///") { begin -= 1 }
            var last = index
            // An accessor with attributes of its own stands on the line below, or below that.
            let isProperty =
                code[index].mentions("{") && code[index].contains(property)
                && code[index].last { !$0.isWhitespace } == "{"
            while isProperty, last - index < 2, last + 1 < code.count,
                code[last + 1].prefixMatch(of: accessor) != nil
            {
                last += 1
            }
            let documentation = file.lines[begin..<first].joined(separator: " ").replacing("///", with: "")
            return Declaration(
                path: file.path, line: index + 1, documentation: documentation,
                head: code[first...last].joined(separator: " "))
        }
    }
}
