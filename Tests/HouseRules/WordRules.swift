import Testing

/// Words that are nowhere, or only where they belong.
@Suite struct WordRules {
    /// Violations of `pattern` in the code of `files`, comments and quoted text left aside. Whatever matches
    /// has one of `words` in it.
    private func uses(
        of pattern: Regex<Substring>, with words: [String], in files: [TextFile],
        outside modules: Set<String> = [],
        _ remedy: String
    ) -> [Violation] {
        files.filter { !modules.contains($0.target) }.flatMap { file in
            file.code(mentioning: words).filter { file.code[$0].contains(pattern) }.map {
                Violation(path: file.path, line: $0 + 1, remedy: remedy)
            }
        }
    }

    @Test func nothingIsLeftForLater() throws {
        // Put together here, so that this file does not break the rule.
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
        let note = try Regex("\\b(?:\(words.joined(separator: "|")))\\b")
        let found = Repository.files.flatMap { file in
            file.lines(mentioning: words).filter { file.lines[$0].contains(note) }.map {
                Violation(
                    path: file.path, line: $0 + 1, remedy: "do it, or open an issue and take the note out")
            }
        }
        report(found)
    }

    @Test func noProgramLinksTheWholeOfFoundation() {
        report(
            uses(
                of: /\bimport\s+(?:\w+\s+)?Foundation\b/, with: ["Foundation"], in: Repository.shipped,
                "import FoundationEssentials where it is justified: Foundation brings 45 MB of ICU"))
    }

    @Test func threadsMeetOnlyInCrossing() {
        report(
            uses(
                of: /\bAtomic\b|@unchecked\s+Sendable|nonisolated\(unsafe\)/,
                with: ["Atomic", "@unchecked", "nonisolated"], in: Repository.shipped,
                outside: [Comb.crossing],
                "use what Crossing offers, or put what is shared there"))
    }

    @Test func rawPointersStayAtTheBoundary() {
        report(
            uses(
                of: /\bUnsafe(?:Mutable)?(?:Raw)?(?:Buffer)?Pointer\b|\bOpaquePointer\b/,
                with: ["Pointer"], in: Repository.shipped.filter { Comb.unsafeFiles[$0.path] == nil },
                outside: Set(Comb.rawPointers.keys),
                "take a Span, or move it into a boundary module; Comb.rawPointers lists them"))
    }

    @Test func unsafeCodeIsWhereItIsListed() {
        report(
            uses(
                of: /\bunsafe\b/, with: ["unsafe"],
                in: Repository.shipped.filter { Comb.unsafeFiles[$0.path] == nil },
                outside: Set(Comb.rawPointers.keys),
                "move it into a boundary module, or say in Comb.unsafeFiles why it stays"))
    }

    @Test(arguments: Comb.unsafeFiles.keys.sorted())
    func noFileIsListedAsUnsafeInVain(path: String) {
        let file = Repository.shipped.first { $0.path == path }
        #expect(
            file.map { !$0.code(mentioning: ["unsafe"]).isEmpty } == true,
            "Comb.unsafeFiles: \(path) needs no entry")
    }

    @Test func outsideDataNeverTraps() {
        report(
            uses(
                of: /\btry!|\bas!|\bfatalError\b/, with: ["try!", "as!", "fatalError"],
                in: Repository.shipped,
                "throw, or say with precondition why"))
    }

    @Test func testsDoNotSleep() {
        // Here a client that comes late is the subject itself.
        let aboutLateness: Set = ["Tests/ALSATests/TestDeviceScenarios.swift"]
        let found = uses(
            of: /\bTask\.sleep\b|\bThread\.sleep\b|\busleep\(|\bnanosleep\(|(?:^|[^.\w])sleep\(/,
            with: ["sleep"],
            in: Repository.swift.filter { $0.path.hasPrefix("Tests/") && !aboutLateness.contains($0.path) },
            "wait for what must happen, not for time to pass")
        report(found)
    }

    @Test func noFileKnowsTheMachineItWasWrittenOn() {
        let places = ["/wo" + "rk/", "/opt/" + "swift", "/ho" + "me/", "/Us" + "ers/"]
        let found = Repository.files.flatMap { file in
            file.lines(mentioning: places).map {
                Violation(path: file.path, line: $0 + 1, remedy: "name no place of one machine")
            }
        }
        report(found)
    }

    /// What a build or a script fetches comes from where everybody can fetch it.
    @Test func fetchedThingsComeFromPublicPlaces() {
        let places: Set = ["github.com", "www.swift.org", "download.swift.org", "localhost", "127.0.0.1"]
        let files = Repository.files.filter { file in
            file.path == "Package.swift"
                || [".ci/", ".github/", "Scripts/", "debian/"].contains { file.path.hasPrefix($0) }
        }
        let address = /(?:https?|ssh|git):\/\/([^\/:\s"'$]+)/
        let found = files.flatMap { file in
            file.lines(mentioning: ["://"]).flatMap { line in
                file.lines[line].matches(of: address).filter {
                    !places.contains(String($0.output.1))
                }.map {
                    Violation(path: file.path, line: line + 1, remedy: "\($0.output.1) is not a public place")
                }
            }
        }
        report(found)
    }
}
