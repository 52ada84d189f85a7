/// The table of keys as `docs/CONFIGURATION.md` prints it.
package enum SettingsTable {
    /// One row a key, in the schema's order, under a heading; ends with a line end.
    package static var markdown: String {
        let rows = Schema.settings.map { setting in
            let standard = setting.standard.isEmpty ? "" : "`\(setting.standard)`"
            let cells = ["`\(setting.key)`", setting.type, standard, setting.allowed, setting.summary]
            return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
        }
        return "| Key | Type | Default | Allowed | What it does |\n|---|---|---|---|---|\n" + rows.joined()
    }
}
