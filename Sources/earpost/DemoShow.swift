import ControlProtocol
import Glibc

/// What a demo shows: levels, states and transcript as they come, then an answer.
struct DemoShow {
    let socket: String
    private let interruption: Interruption
    private var text = TailText(columns: Console.outputIsTerminal ? Console.columns : nil)
    private var heard: [String] = []
    /// Level events since the last word; ten a second.
    private var quietMoments = 0
    private var moments = 0

    init(socket: String, interruption: Interruption) {
        self.socket = socket
        self.interruption = interruption
    }

    /// Listens until something was understood and it has been quiet for a while, at most `limitSeconds`; then
    /// has an answer spoken. Returns what was understood.
    mutating func run(limitSeconds: Int, live: Bool) throws(ToolError) -> String {
        var events = try DaemonClient(paths: [socket])
        _ = try events.ask(.tail(EventKind.allCases))
        if live { Console.print("Speak now; listening for \(limitSeconds) s.") }
        while moments < limitSeconds * 10, live || heard.isEmpty || quietMoments < 30 {
            try show(next: &events)
        }
        clearMeter()
        let understood = heard.joined(separator: " ")
        try answer(understood.isEmpty ? "I have heard nothing." : "I have heard: \(understood)", &events)
        return understood
    }

    /// Has `words` spoken and shows what happens until they have been heard.
    private mutating func answer(_ words: String, _ events: inout DaemonClient) throws(ToolError) {
        Console.print("The answer: “\(words)”")
        var talk = try DaemonClient(paths: [socket])
        _ = try talk.ask(.say(text: words, utterance: "answer"))
        while true {
            guard let event = try show(next: &events) else { continue }
            guard case .utterance(let utterance) = event, utterance.utterance == "answer" else { continue }
            switch utterance.state {
            case .accepted, .speaking: continue
            case .heard: return
            case .interrupted, .failed:
                throw ToolError(
                    .software, "the answer was not spoken: \(utterance.detail ?? utterance.state.rawValue)")
            }
        }
    }

    @discardableResult
    private mutating func show(next events: inout DaemonClient) throws(ToolError) -> Event? {
        // Levels come ten times a second, so nobody waits for this.
        try interruption.check()
        guard let received = try events.next() else {
            throw ToolError(.unavailable, "the daemon of the demo has gone")
        }
        guard case .event(let event) = received.line else { return nil }
        switch event {
        case .level(let level):
            moments += 1
            quietMoments += 1
            meter(level.level)
            return event
        case .final(let line):
            heard.append(line.text)
            quietMoments = 0
        case .interim: quietMoments = 0
        default: break
        }
        clearMeter()
        Console.pass(Array(text.describe(event).utf8))
        return event
    }

    /// A live bar on a terminal; nothing in a pipe.
    private func meter(_ level: Level) {
        guard Console.outputIsTerminal, !text.holdsLine else { return }
        let width = 40
        let filled = max(0, min(width, Int((level.peak + 60) / 60 * Double(width))))
        let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: width - filled)
        Console.pass(Array("\r\u{1B}[K  \(bar) \(level.peak) dBFS".utf8))
    }

    private func clearMeter() {
        if Console.outputIsTerminal, !text.holdsLine { Console.pass(Array("\r\u{1B}[K".utf8)) }
    }
}
