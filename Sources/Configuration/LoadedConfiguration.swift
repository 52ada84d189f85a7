/// Where an effective value comes from.
package enum Origin: Sendable, Equatable {
    case standard
    case file(line: Int?)
    case environment(String)
}

/// One key with the value that counts, for people and programs to look at.
package struct EffectiveSetting: Sendable, Equatable {
    package let key: String
    /// As it would stand in a file.
    package let value: String
    package let origin: Origin
    /// `default`, `FILE:LINE`, or the variable's name.
    package let from: String
}

/// A configuration that holds, and where each part of it comes from.
package struct LoadedConfiguration: Sendable {
    package let value: AgentConfiguration
    /// The file's name; also where no file was read.
    package let source: String
    /// Every key and where it was set; a key that is not here has its default.
    package let origins: [String: Origin]

    /// Every key in the order of `docs/CONFIGURATION.md`, with its value and where that comes from.
    ///
    /// No key of a service is among them: the configuration never holds one.
    package var settings: [EffectiveSetting] {
        Schema.settings.flatMap { $0.show(value) }.map { shown in
            let origin = origins[shown.key] ?? .standard
            let from =
                switch origin {
                case .standard: "default"
                case .file(let line): line.map { "\(source):\($0)" } ?? source
                case .environment(let variable): variable
                }
            return EffectiveSetting(key: shown.key, value: shown.value, origin: origin, from: from)
        }
    }

    /// The settings as a file that, read again, gives the same configuration; each line ends with its origin.
    package var listing: String {
        let lines = settings.map { (text: "\($0.key) = \($0.value)", from: $0.from) }
        let width = lines.map(\.text.count).filter { $0 <= 60 }.max() ?? 0
        return lines.map { line in
            let padding = String(repeating: " ", count: max(0, width - line.text.count))
            return "\(line.text)\(padding)  # \(line.from.escaped())\n"
        }.joined()
    }
}

extension AgentConfiguration {
    /// Reads a configuration out of a file's text and the environment.
    ///
    /// - Parameters:
    ///   - text: the file; nil where there is none, and every key then has its default.
    ///   - source: the file's name, for messages and origins.
    ///   - environment: names and values; those that begin with `EARPOST_` count, and go before the file.
    /// - Throws: everything that is wrong, all at once; a text that is not TOML is that alone.
    package static func load(
        text: String?, source: String, environment: [(String, String)]
    ) throws(ConfigurationErrors) -> LoadedConfiguration {
        var walk = SchemaWalk(source: source)
        if let text {
            do {
                walk.take(try TOMLDocument(text))
            } catch {
                throw ConfigurationErrors([syntax(error, in: source)])
            }
        }
        walk.take(environment)
        walk.relate()
        guard walk.errors.isEmpty else { throw ConfigurationErrors(walk.errors) }
        return LoadedConfiguration(value: walk.value, source: source, origins: walk.origins)
    }

    private static func syntax(_ error: TOMLDocument.SyntaxError, in source: String) -> ConfigurationError {
        ConfigurationError(
            place: .file(source, line: error.line, column: error.column), key: "", fault: .syntax,
            problem: "this is not TOML: \(error.message)",
            remedy:
                "Mend the line; strings stand in quotes, and tables begin with [name] on a line of their own."
        )
    }
}
