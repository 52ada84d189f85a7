import Testing

@testable import Configuration

/// Loads `text` as if it stood in `a.toml`; nil where it is refused, and that is then a failure of the test.
func load(_ text: String, _ environment: [(String, String)] = []) -> LoadedConfiguration? {
    do {
        return try AgentConfiguration.load(text: text, source: "a.toml", environment: environment)
    } catch {
        Issue.record(error)
        return nil
    }
}

/// The errors `text` is refused with; empty where it is accepted.
func errors(_ text: String, _ environment: [(String, String)] = []) -> [ConfigurationError] {
    do {
        _ = try AgentConfiguration.load(text: text, source: "a.toml", environment: environment)
        return []
    } catch {
        return error.errors
    }
}

/// The same as the lines somebody reads.
func complaints(_ text: String, _ environment: [(String, String)] = []) -> [String] {
    errors(text, environment).map(\.description)
}
