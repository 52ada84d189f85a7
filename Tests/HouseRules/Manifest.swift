/// What `Package.swift` says of the targets: their names and what they use.
struct Manifest {
    struct Target: Equatable {
        let name: String
        /// `module`, `program`, `boundary` or `tests`.
        let kind: String
        /// Targets of this package.
        let uses: Set<String>
    }

    let targets: [Target]

    /// Reads the calls the manifest makes for each target; a manifest written otherwise has no targets here,
    /// and the rules then say so.
    init(_ file: TextFile?) {
        let text = (file?.text ?? "").replacing(/\/\/[^\n]*/, with: "")
        let call =
            /\b(?<kind>module|program|boundary|tests)\("(?<name>[A-Za-z-]+)"(?<rest>[^\[\n)]*(?:\[[^\]]*\])?)/
        targets = text.matches(of: call).map { match in
            let list = match.output.rest.replacing(/\.product\([^)]*\)/, with: "")
            let isLinking = list.contains("links:")
            let names = isLinking ? [] : list.matches(of: /"([A-Za-z-]+)"/).map { String($0.output.1) }
            return Target(name: String(match.output.name), kind: String(match.output.kind), uses: Set(names))
        }
    }

    /// All that is not a test.
    var shipped: [Target] { targets.filter { $0.kind != "tests" } }
}
