/// A place the key may be read from. Reading it, and hiding it, is the business of whoever uses it.
package struct KeySource: Sendable, Equatable {
    /// Absolute.
    package let path: String
    /// Whether the file must be closed to all but its owner. Credentials need no such look: systemd guards
    /// them in its own ways, by mode 0400 on Debian 12, by mode 0440 and an access list on Debian 13.
    package let mustBePrivate: Bool

    /// The name under which systemd hands the key over: `LoadCredential=deepgram-key:…`.
    package static let credentialName = "deepgram-key"
}

extension AgentConfiguration.Authentication {
    /// Where to look for the key, in this order, until a file is there; none where no key is asked for.
    ///
    /// - Parameter credentialsDirectory: what systemd sets `CREDENTIALS_DIRECTORY` to; nil elsewhere.
    package func keySources(credentialsDirectory: String?) -> [KeySource] {
        if scheme == .none { return [] }
        var sources: [KeySource] = []
        if let directory = credentialsDirectory, directory.hasPrefix("/") {
            sources.append(KeySource(path: "\(directory)/\(KeySource.credentialName)", mustBePrivate: false))
        }
        if let keyFile { sources.append(KeySource(path: keyFile.text, mustBePrivate: true)) }
        return sources
    }
}
