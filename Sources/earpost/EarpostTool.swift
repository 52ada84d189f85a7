import ArgumentParser
import Glibc

/// The operator's tool: every subcommand is a request to the daemon, or a look at the machine without it.
@main
struct EarpostTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "earpost",
        abstract: "Talks to the speech appliance on this machine.",
        discussion: """
            Exit codes: 0 done, 64 wrong usage, 65 the daemon refused what was sent, 69 no daemon answers, \
            70 something failed, 75 what was said was interrupted, 77 no permission, 78 wrong configuration.
            """,
        version: "earpost \(toolVersion)",
        subcommands: [
            StatusCommand.self, TailCommand.self, SayCommand.self, StopCommand.self, MuteCommand.self,
            UnmuteCommand.self, PauseCommand.self, ResumeCommand.self, DevicesCommand.self,
            ConfigCommand.self, DemoCommand.self,
        ])

    /// Runs what the arguments say; leaves with the exit code of what went wrong.
    static func main() {
        Signals.ignoreBrokenPipes()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as ToolError {
            Console.complain(error.description)
            Glibc.exit(error.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}

/// The release this program is of.
let toolVersion = "0.1.0"
