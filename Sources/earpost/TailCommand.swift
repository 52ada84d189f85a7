import ArgumentParser
import ControlProtocol

struct TailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Follow what is heard and what happens, until Ctrl-C.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Print events as they come, one line of JSON each.")
    var json = false

    @Flag(help: "Also show what is not final yet; without --json on a terminal only.")
    var interim = false

    func run() throws {
        var kinds = EventKind.unasked
        if interim, json || Console.outputIsTerminal { kinds.append(.interim) }
        let verb = Request.Verb.tail(kinds)
        var client = try connection.connect(for: verb)
        _ = try client.ask(verb)
        try client.waitForever()
        Signals.endWellWhenInterrupted()
        var text = TailText(columns: Console.outputIsTerminal ? Console.columns : nil)
        while let received = try client.next() {
            if json {
                Console.pass(received.bytes)
            } else if case .event(let event) = received.line {
                Console.pass(Array(text.describe(event).utf8))
            }
        }
        throw ToolError(
            .unavailable, "\(client.path): the daemon ended the connection.",
            remedy: "If it was restarted, run earpost tail again.")
    }
}

/// Events for people. On a terminal the last line is live: it holds what is not final yet.
struct TailText {
    /// Of the terminal; nil: there is none, and no live line.
    let columns: Int?
    private var isLive = false

    init(columns: Int?) { self.columns = columns }

    /// The terminal's last line shows what is not final yet.
    var holdsLine: Bool { isLive }

    /// What to write for an event, newline included; empty for what is not worth a line.
    mutating func describe(_ event: Event) -> String {
        if case .interim(let heard) = event { return live(heard) }
        guard let line = line(event) else { return "" }
        return clear() + line + "\n"
    }

    private func line(_ event: Event) -> String? {
        switch event {
        case .final(let heard): "\(StatusText.timeOfDay(heard.at))  \(speaker(heard))\(heard.text)"
        case .gap(let gap): note(gap.at, "gap of \(StatusText.seconds(gap.end - gap.start)): \(gap.cause)")
        case .clock(let clock): note(clock.at, "the clock was set; it was \(StatusText.timeOfDay(clock.was))")
        case .state(let state): note(state.at, "\(state.part): \(state.state)", state.detail)
        case .utterance(let utterance):
            note(utterance.at, "\(utterance.utterance): \(utterance.state.rawValue)", utterance.detail)
        case .lost(let count): note("", "\(count) events were lost: this output is read too slowly")
        case .interim, .level, .speech: nil
        }
    }

    private func note(_ at: String, _ text: String, _ detail: String? = nil) -> String {
        "\(StatusText.pad(StatusText.timeOfDay(at), 8))  * \(text)" + (detail.map { " (\($0))" } ?? "")
    }

    private func speaker(_ heard: HeardEvent) -> String { heard.channel == 0 ? "" : "[\(heard.channel)] " }

    private mutating func live(_ heard: HeardEvent) -> String {
        guard let columns else { return "" }
        let start = clear()
        isLive = true
        // The end of what is being said is what one wants to see.
        let text = "\(StatusText.timeOfDay(heard.at))  \(speaker(heard))\(heard.text)"
        return start + (text.count < columns ? text : "…" + text.suffix(max(0, columns - 2)))
    }

    /// Back to the start of an empty line.
    private mutating func clear() -> String {
        defer { isLive = false }
        return isLive ? "\r\u{1B}[K" : ""
    }
}
