/// The configuration in effect, and where each value came from. Secrets are not in it.
package struct ConfigurationReport: Sendable, Hashable, Codable {
    /// One setting.
    package struct Entry: Sendable, Hashable, Codable {
        /// Such as `listen.url`.
        package var key: String
        /// As TOML writes it.
        package var value: String
        /// Such as `default`, a file with its line, or the name of an environment variable.
        package var source: String

        package init(key: String, value: String, source: String) {
            self.key = key
            self.value = value
            self.source = source
        }
    }

    /// The file that was read; missing where there was none.
    package var file: String?
    /// In the order of the documentation.
    package var entries: [Entry]

    package init(file: String?, entries: [Entry]) {
        self.file = file
        self.entries = entries
    }
}
