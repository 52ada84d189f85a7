import ArgumentParser
import ControlProtocol

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show one snapshot of the daemon.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Print the answer as it came, one line of JSON.")
    var json = false

    func run() throws {
        let received = try connection.ask(.status)
        if json {
            Console.pass(received.bytes)
        } else if case .response(let response) = received.line, case .status(let status) = response.body {
            Console.print(StatusText.describe(status))
        } else {
            throw ToolError(.software, "The daemon's answer holds no status.")
        }
    }
}
