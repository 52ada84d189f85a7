import Agent
import Configuration
import Glibc
import Logging
import System

/// What the daemon does from its arguments to its exit status (sysexits.h).
enum Daemon {
    private static let usage = """
        usage: earpostd [--config FILE]

        Captures, streams, transcribes and speaks, in the foreground, until SIGTERM.
          --config FILE  the configuration; else $EARPOST_CONFIG, else \(ConfigurationFile.standardPath)
          --version      the program's version
        """

    private enum Order {
        case run(configuration: String?)
        case answer(String)
        case refuse(String)
    }

    static func run(arguments: [String], signals: SignalSource) -> Int32 {
        switch order(arguments) {
        case .answer(let text):
            StandardOutput.write(text)
            return EX_OK
        case .refuse(let reason):
            StandardError.write("earpostd: \(reason)\n\(usage)")
            return EX_USAGE
        case .run(let configuration):
            return serve(configuration, signals)
        }
    }

    private static func order(_ arguments: [String]) -> Order {
        switch arguments.first {
        case nil: .run(configuration: nil)
        case "--help", "-h": .answer(usage)
        case "--version": .answer(Version.program)
        case "--config" where arguments.count == 2: .run(configuration: arguments[1])
        case let word? where word.hasPrefix("--config=") && arguments.count == 1:
            .run(configuration: String(word.dropFirst("--config=".count)))
        case "--config" where arguments.count == 1: .refuse("--config wants a file")
        case let word?: .refuse("`\(word)` is not understood")
        }
    }

    private static func serve(_ named: String?, _ signals: SignalSource) -> Int32 {
        let environment = Environment.all
        let loaded: LoadedConfiguration
        do throws(ConfigurationErrors) {
            loaded = try ConfigurationFile(argument: named, environment: environment).load(
                environment: environment)
        } catch {
            StandardError.write("\(error)")
            return EX_CONFIG
        }
        let toJournal = StandardError.isJournal(environment.first { $0.0 == "JOURNAL_STREAM" }?.1)
        let level = Logger.Level(rawValue: loaded.value.log.level.rawValue) ?? .info
        var logger = Logger(label: "earpost") { _ in LineLog(level: level, withPriority: toJournal) }
        logger.logLevel = level
        return AgentProcess.run(loaded, environment: environment, logger: logger, signals: signals)
    }
}
