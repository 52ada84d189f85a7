import ArgumentParser
import ControlProtocol

/// A command that asks the daemon to do one thing and is content with its yes.
protocol SimpleCommand: ParsableCommand {
    static var verb: Request.Verb { get }
    var connection: ConnectionOptions { get }
}

extension SimpleCommand {
    func run() throws { _ = try connection.ask(Self.verb) }
}

struct StopCommand: SimpleCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Be quiet: drop what is being spoken and what waits to be.")
    static let verb = Request.Verb.stop
    @OptionGroup var connection: ConnectionOptions
}

struct MuteCommand: SimpleCommand {
    static let configuration = CommandConfiguration(
        commandName: "mute", abstract: "Hear nothing until unmuted; the time is a gap in the transcript.")
    static let verb = Request.Verb.mute
    @OptionGroup var connection: ConnectionOptions
}

struct UnmuteCommand: SimpleCommand {
    static let configuration = CommandConfiguration(commandName: "unmute", abstract: "Hear again.")
    static let verb = Request.Verb.unmute
    @OptionGroup var connection: ConnectionOptions
}

struct PauseCommand: SimpleCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Send and keep nothing until resumed; the time is a gap in the transcript.")
    static let verb = Request.Verb.pause
    @OptionGroup var connection: ConnectionOptions
}

struct ResumeCommand: SimpleCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Go on after a pause.")
    static let verb = Request.Verb.resume
    @OptionGroup var connection: ConnectionOptions
}
