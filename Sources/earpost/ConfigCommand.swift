import ArgumentParser
import Configuration
import ControlProtocol
import System

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the configuration.",
        subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self])
}

/// Which file, if not the daemon's own.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "The configuration file.",
            discussion: "Otherwise EARPOST_CONFIG, otherwise \(ConfigurationFile.standardPath).",
            valueName: "file"))
    var file: String?

    /// Reads the file and the environment as the daemon would.
    func load() throws(ToolError) -> LoadedConfiguration {
        let environment = Environment.all
        do throws(ConfigurationErrors) {
            return try ConfigurationFile(argument: file, environment: environment).load(
                environment: environment)
        } catch {
            throw ToolError(.configuration, "the configuration is wrong\n\(error)")
        }
    }
}

struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say everything that is wrong with a configuration, or that nothing is.")

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() throws {
        let loaded = try options.load()
        if json {
            Console.pass(try JSONLine.encode(Response(id: nil, .config(ConfigurationReport(loaded)))))
        } else {
            Console.print("\(loaded.source): nothing is wrong.")
        }
    }
}

struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the effective configuration, and where each value came from.",
        discussion: "With --config that of the file; otherwise that of the running daemon.")

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() throws {
        let report = try report()
        if json {
            Console.pass(try JSONLine.encode(Response(id: nil, .config(report))))
        } else {
            Console.print(ConfigurationText.describe(report))
        }
    }

    /// Of the file where one is named; of the daemon where one answers; of the standard file otherwise.
    private func report() throws(ToolError) -> ConfigurationReport {
        if options.file != nil { return ConfigurationReport(try options.load()) }
        do throws(ToolError) {
            let received = try connection.ask(.config)
            guard case .response(let response) = received.line, case .config(let report) = response.body
            else {
                throw ToolError(.software, "The daemon's answer holds no configuration.")
            }
            return report
        } catch {
            guard error.status == .unavailable, connection.socket == nil else { throw error }
            return ConfigurationReport(try options.load())
        }
    }
}

extension ConfigurationReport {
    init(_ loaded: LoadedConfiguration) {
        self.init(
            file: loaded.source,
            entries: loaded.settings.map { Entry(key: $0.key, value: $0.value, source: $0.from) })
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
