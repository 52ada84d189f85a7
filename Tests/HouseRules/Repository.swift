import Foundation
import Testing

/// The files of the project as they lie on the disk, found from where this file lies.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every text of the project, in order of path. What a build leaves behind is not the project's.
    static let files: [TextFile] = paths.compactMap(TextFile.init(path:))

    static let sources = files.filter { $0.path.hasPrefix("Sources/") }

    /// Swift, of the product and of its tests.
    static let swift = files.filter {
        $0.path.hasSuffix(".swift") && ($0.path.hasPrefix("Sources/") || $0.path.hasPrefix("Tests/"))
    }

    /// Swift of the product.
    static let shipped = swift.filter { $0.path.hasPrefix("Sources/") }

    static let manifest = Manifest(TextFile(path: "Package.swift"))

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    private static var paths: [String] {
        let walk = FileManager.default.enumerator(atPath: root.path)
        var paths: [String] = []
        while let path = walk?.nextObject() as? String {
            let name = path.split(separator: "/").last ?? ""
            if name == ".git" || name.hasPrefix(".build") || name == "__pycache__" {
                walk?.skipDescendants()
            } else if name != "Package.resolved", !name.hasSuffix(".o") {
                paths.append(path)
            }
        }
        return paths.sorted()
    }
}

/// One file and its lines.
struct TextFile: Sendable {
    /// From the root.
    let path: String
    let text: String
    let lines: [Substring]
    /// The lines of a Swift text with all blanked that is not code; of another file, none.
    let code: [Substring]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        code = path.hasSuffix(".swift") ? CodeText(text).lines : []
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
    }

    /// Nil for what is not a file, and for what is not text.
    init?(path: String) {
        guard let data = FileManager.default.contents(atPath: Repository.root.appending(path: path).path),
            !data.contains(0), let text = String(data: data, encoding: .utf8)
        else { return nil }
        self.init(path: path, text: text)
    }

    /// The folder below `Sources` or `Tests`.
    var target: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }
}

extension TextFile {
    /// The indices of the lines that have one of `words` in their code.
    ///
    /// Plain search, whole file first: a regex is slow in a debug build, so it sees only what may match.
    func code(mentioning words: [String]) -> [Int] {
        text.mentions(anyOf: words) ? code.indices.filter { code[$0].mentions(anyOf: words) } : []
    }

    /// The indices of the lines that have one of `words` in them, comments and quoted text too.
    func lines(mentioning words: [String]) -> [Int] {
        text.mentions(anyOf: words) ? lines.indices.filter { lines[$0].mentions(anyOf: words) } : []
    }
}

extension StringProtocol {
    /// Whether `word` stands in it, byte for byte, be it in the middle of another.
    func mentions(_ word: String) -> Bool {
        guard let first = word.utf8.first else { return true }
        let count = word.utf8.count
        return utf8.withContiguousStorageIfAvailable { bytes in
            guard var rest = UnsafeRawPointer(bytes.baseAddress) else { return false }
            let end = rest + bytes.count
            while end - rest >= count, let found = memchr(rest, Int32(first), end - rest - count + 1) {
                if memcmp(found, word, count) == 0 { return true }
                rest = UnsafeRawPointer(found) + 1
            }
            return false
        } ?? contains(word)
    }

    func mentions(anyOf words: [String]) -> Bool { words.contains { mentions($0) } }

    /// Whether `word` is the first that stands in it after blanks.
    func begins(with word: String) -> Bool { mentions(word) && drop(while: \.isWhitespace).hasPrefix(word) }
}

/// Records one issue for each place where a rule is broken, at that place.
func report(_ found: [Violation]) {
    for violation in found {
        let place = SourceLocation(
            fileID: "earpost/\(violation.path)",
            filePath: Repository.root.appending(path: violation.path).path,
            line: max(1, violation.line), column: 1)
        Issue.record("\(violation)", sourceLocation: place)
    }
}

/// One place where a rule is broken, and what to do.
struct Violation: CustomStringConvertible, Equatable {
    let path: String
    /// From 1; 0 for the file as a whole.
    let line: Int
    let remedy: String

    var description: String { "\(path)\(line > 0 ? ":\(line)" : ""): \(remedy)" }
}
