import ArgumentParser
import ControlProtocol

/// Where the daemon is.
struct ConnectionOptions: ParsableArguments {
    static let environmentVariable = "EARPOST_CONTROL_SOCKET"
    static let controlSocket = "/run/earpost/control.sock"
    static let observeSocket = "/run/earpost/observe.sock"

    @Option(
        help: ArgumentHelp(
            "The daemon's socket.",
            discussion: """
                Otherwise EARPOST_CONTROL_SOCKET, otherwise /run/earpost/control.sock, \
                and for reading /run/earpost/observe.sock too.
                """,
            valueName: "path"))
    var socket: String?

    /// A connection to the daemon that may do `verb`.
    func connect(for verb: Request.Verb) throws(ToolError) -> DaemonClient {
        if let path = socket ?? FileSystem.environment(Self.environmentVariable) {
            return try DaemonClient(paths: [path])
        }
        let reads = verb.access == .observe
        return try DaemonClient(
            paths: reads ? [Self.controlSocket, Self.observeSocket] : [Self.controlSocket])
    }

    /// The daemon's first answer to `verb`.
    func ask(_ verb: Request.Verb) throws(ToolError) -> DaemonClient.Received {
        var client = try connect(for: verb)
        return try client.ask(verb)
    }
}
