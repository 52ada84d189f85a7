import Testing

/// The rules are only as good as the reading they rest on.
@Suite struct RuleTests {
    @Test func onlyCodeIsLeftOfAText() {
        let text = #"""
            let a = "b // c" // d "e
            /* f
            g */ let h = "\(i("j")) k" + "\"" + l
            let m = """
                n " o \(p { "q" }) r
                """; let s = 1
            """# + "\nlet t = #\"u \" v\"#; w\n"
        let code = CodeText(text)
        let words = code.lines.map { $0.split { !$0.isLetter }.joined(separator: " ") }
        #expect(words == ["let a", "", "let h l", "let m", "", "let s", "let t w", ""])
        #expect(
            code.lines.map(\.count)
                == text.split(separator: "\n", omittingEmptySubsequences: false).map(\.count))
    }

    @Test func aFunctionGoesFromItsNameToItsLastBrace() {
        let code = CodeText(
            """
            protocol P {
                func none()
            }
            struct S {
                init() { a = "}" }
                func f(
                    _ body: () -> Void
                ) {
                    if b {
                    }
                }
            }
            """)
        #expect(
            FunctionSpan.all(in: code.lines) == [
                FunctionSpan(first: 5, last: 5), FunctionSpan(first: 6, last: 11),
            ])
    }

    @Test func theManifestIsUnderstood() {
        let manifest = Manifest(
            TextFile(
                path: "Package.swift",
                text: """
                    module("A"), // module("Not")
                    boundary("CB", links: "b"),
                    module("C-c", uses: ["A", .product(name: "P", package: "p")]),
                    tests("T", uses: [
                        "A", "C-c",
                    ] + more),
                    """))
        #expect(
            manifest.targets == [
                Manifest.Target(name: "A", kind: "module", uses: []),
                Manifest.Target(name: "CB", kind: "boundary", uses: []),
                Manifest.Target(name: "C-c", kind: "module", uses: ["A"]),
                Manifest.Target(name: "T", kind: "tests", uses: ["A", "C-c"]),
            ])
        #expect(manifest.shipped.count == 3)
        #expect(Repository.manifest.targets.count > 30)
    }

    @Test func aPromiseIsFoundWithItsCheck() {
        let file = TextFile(
            path: "Sources/M/a.swift",
            text: """
                /// Says it.
                ///
                /// RT-safe. At once.
                @_noAllocation @_noLocks
                package func a() {}

                /// RT-safe.
                package var b: Int {
                    @_noAllocation @_noLocks get { 1 }
                }

                /// RT-safe but for the wait.
                package func c() {}
                """)
        let found = Declaration.all(in: file)
        #expect(found.map(\.line) == [5, 8, 13])
        #expect(found.map(\.promisesRealTime) == [true, true, false])
        #expect(found.map(\.isCheckedForRealTime) == [true, true, false])
    }

    @Test func theRulesLookAtAllThereIs() {
        #expect(Repository.files.contains { $0.path == "Tests/HouseRules/RuleTests.swift" })
        #expect(Set(Repository.shipped.map(\.target)).count > 20)
        #expect(!Repository.files.contains { $0.path.contains(".build") })
    }
}
