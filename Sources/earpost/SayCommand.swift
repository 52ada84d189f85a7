import ArgumentParser
import ControlProtocol

struct SayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "say", abstract: "Speak a text; returns when it has been heard.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "What to say; - reads it from standard input.")
    var text: String?

    @Option(help: ArgumentHelp("A file with what to say.", valueName: "file"))
    var file: String?

    @Option(help: ArgumentHelp("A name for it in events.", valueName: "name"))
    var utterance: String?

    @Flag(help: "Print the answers as they come, one line of JSON each.")
    var json = false

    func validate() throws {
        if (text == nil) == (file == nil) { throw ValidationError("Give either a text, or --file, or - .") }
    }

    func run() throws {
        let verb = Request.Verb.say(text: try words(), utterance: utterance)
        var client = try connection.connect(for: verb)
        var received: DaemonClient.Received? = try client.ask(verb)
        try client.waitForever()
        while let current = received {
            if json { Console.pass(current.bytes) }
            guard case .response(let response) = current.line else { continue }
            switch response.body {
            case .say(let progress) where progress.state == .heard: return
            case .say(let progress) where progress.state == .interrupted:
                throw ToolError(.temporary, "It was interrupted.")
            case .failed(let error): throw ToolError(error)
            default: break
            }
            received = try client.next()
        }
        throw ToolError(.unavailable, "\(client.path): the daemon ended the connection before it was heard.")
    }

    private func words() throws(ToolError) -> String {
        if let text, text != "-" { return text }
        return try FileSystem.text(of: file ?? "-", limit: ControlLimits.requestBytes)
    }
}
