import Foundation
import Testing

@testable import Configuration

@Suite struct DocumentTests {
    /// `docs/CONFIGURATION.md` prints the schema between two marks; with `EARPOST_TEST_WRITE_DOCS` set, this
    /// test writes it there.
    @Test func theDocumentListsEveryKeyAsTheSchemaHasIt() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "docs/CONFIGURATION.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let (begin, end) = ("<!-- keys -->\n", "<!-- end of keys -->")
        let first = try #require(text.range(of: begin)?.upperBound)
        let last = try #require(text.range(of: end, range: first..<text.endIndex)?.lowerBound)
        if ProcessInfo.processInfo.environment["EARPOST_TEST_WRITE_DOCS"] != nil {
            let new = text[..<first] + SettingsTable.markdown + text[last...]
            return try new.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(
            text[first..<last] == SettingsTable.markdown,
            "run this test once with EARPOST_TEST_WRITE_DOCS=1 and look at the difference")
    }

    @Test func theExampleInTheDocumentIsAccepted() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/CONFIGURATION.md"), encoding: .utf8)
        let parts = text.components(separatedBy: "```toml\n").dropFirst()
        #expect(!parts.isEmpty)
        for part in parts {
            let example = try #require(part.components(separatedBy: "```").first)
            #expect(complaints(example) == [])
        }
    }
}
