/// Every key there is. The walk over the file, the variables, the search for the nearest name, what
/// `earpost config show` prints and the table in `docs/CONFIGURATION.md` all come from this list.
enum Schema {
    static let settings = policy + listen + speak + auth + capture + playback + storage + sockets

    /// By key, for the walk.
    static let byKey = Dictionary(uniqueKeysWithValues: settings.map { ($0.key, $0) })

    /// Every table the keys stand in: `listen`, `listen.opus`, …
    static let tables = Set(
        settings.flatMap { setting in
            let parts = setting.key.split(separator: ".").dropLast()
            return parts.indices.map { parts[...$0].joined(separator: ".") }
        })

    /// Keys somebody is bound to try, and what to do instead. Their values are never repeated.
    static let refusals = ["auth.key": keyRemedy]

    static let keyRemedy =
        "Put the key into a file of its own, readable by the service alone, and name that file in "
        + "auth.key_file, or hand it over as the credential deepgram-key."

    /// Parameters that would put a key into an address, where logs and proxies see it.
    static let keyParameters = Dictionary(
        uniqueKeysWithValues: ["token", "key", "api_key", "access_token", "authorization"].map {
            ($0, keyRemedy)
        })

    /// Parameters of a service's address that have keys of their own.
    static func owned(_ names: [String], by table: String) -> [String: String] {
        Dictionary(uniqueKeysWithValues: names.map { ($0, "Set \(table).\($0) instead.") })
    }
}
