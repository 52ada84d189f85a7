import Testing

@Suite struct DocumentRules {
    @Test(
        .enabled(if: Repository.exists("README.md"), "README.md is not written yet"),
        arguments: [
            "docs/ARCHITECTURE.md", "docs/THREADS.md", "docs/GLOSSARY.md", "docs/CONTROL.md",
            "docs/CONFIGURATION.md",
            "docs/TRANSCRIPT.md",
        ])
    func theDocumentExists(path: String) {
        #expect(Repository.exists(path), "write \(path)")
    }

    @Test(.enabled(if: Repository.exists("README.md"), "README.md is not written yet"))
    func theReadmeIsReadInOneSitting() {
        let count = TextFile(path: "README.md")?.lines.count ?? 0
        #expect((1...200).contains(count), "README.md has \(count) lines; 200 are the end")
    }

    @Test func theGlossaryIsShort() {
        let count = TextFile(path: "docs/GLOSSARY.md")?.lines.count ?? 0
        #expect((1...80).contains(count), "docs/GLOSSARY.md has \(count) lines; 80 are the end")
    }

    /// Each module does what one sentence says; the sentence stands in a row of a table.
    @Test(.enabled(if: Repository.exists("docs/ARCHITECTURE.md"), "docs/ARCHITECTURE.md is not written yet"))
    func everyModuleHasItsSentence() {
        let rows = TextFile(path: "docs/ARCHITECTURE.md")?.lines.filter { $0.hasPrefix("|") } ?? []
        for target in Repository.manifest.shipped {
            #expect(
                rows.contains { $0.contains("`\(target.name)`") },
                "docs/ARCHITECTURE.md: no row of the table of modules names `\(target.name)`")
        }
    }

    @Test func aLinkBetweenDocumentsLeadsSomewhere() {
        let link = /\]\(([^)#:\s]+)(?:#[^)]*)?\)/
        let found = Repository.files.filter { $0.path.hasSuffix(".md") }.flatMap { file in
            let folder = file.path.split(separator: "/").dropLast().map(String.init)
            return file.lines(mentioning: ["]("]).flatMap { line in
                file.lines[line].matches(of: link).map { String($0.output.1) }
                    .filter { !Repository.exists((folder + [$0]).joined(separator: "/")) }
                    .map { Violation(path: file.path, line: line + 1, remedy: "\($0) is not there") }
            }
        }
        report(found)
    }
}
