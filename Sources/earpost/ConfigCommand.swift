import ArgumentParser
import ControlProtocol

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the configuration.",
        subcommands: [ConfigShowCommand.self])
}

struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the configuration the daemon runs with, and where each value came from.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Print the answer as it came, one line of JSON.")
    var json = false

    func run() throws {
        let received = try connection.ask(.config)
        if json {
            Console.pass(received.bytes)
        } else if case .response(let response) = received.line, case .config(let report) = response.body {
            Console.print(ConfigurationText.describe(report))
        } else {
            throw ToolError(.software, "The daemon's answer holds no configuration.")
        }
    }
}

/// A configuration for people: `key = value`, and where it came from.
enum ConfigurationText {
    static func describe(_ report: ConfigurationReport) -> String {
        let settings = report.entries.map { "\($0.key) = \($0.value)" }
        let width = settings.map(\.count).max() ?? 0
        let lines = zip(settings, report.entries).map { setting, entry in
            "\(StatusText.pad(setting, min(width, 60)))  # \(entry.source)"
        }
        return (["# \(report.file ?? "no file")"] + lines).joined(separator: "\n")
    }
}
