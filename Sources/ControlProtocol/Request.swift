/// What a client asks, one line of JSON: `{"v":1,"id":7,"do":"status"}`.
package struct Request: Sendable, Hashable {
    /// What to do.
    package enum Verb: Sendable, Hashable {
        /// One snapshot of the daemon.
        case status
        /// From now on send these events, instead of those asked for before.
        case tail([EventKind])
        /// Speak `text`; `utterance` names it in events, the daemon chooses a name if there is none.
        case say(text: String, utterance: String?)
        /// Be quiet: drop what is being spoken and what waits to be.
        case stop
        case mute
        case unmute
        case pause
        case resume
        /// The sound devices of the machine.
        case devices
        /// The configuration in effect.
        case config

        /// The word on the wire.
        package var name: String {
            switch self {
            case .status: "status"
            case .tail: "tail"
            case .say: "say"
            case .stop: "stop"
            case .mute: "mute"
            case .unmute: "unmute"
            case .pause: "pause"
            case .resume: "resume"
            case .devices: "devices"
            case .config: "config"
            }
        }

        /// What the verb needs.
        package var access: Access {
            switch self {
            case .status, .tail, .devices, .config: .observe
            case .say, .stop, .mute, .unmute, .pause, .resume: .control
            }
        }

        /// Every word on the wire.
        package static let names = [
            "status", "tail", "say", "stop", "mute", "unmute", "pause", "resume", "devices", "config",
        ]
    }

    /// Chosen by the client and repeated in every response to this request.
    package var id: Int
    package var verb: Verb

    package init(id: Int, _ verb: Verb) {
        self.id = id
        self.verb = verb
    }
}

extension Request: Encodable {
    private enum Key: String, CodingKey {
        case version = "v"
        case id
        case verb = "do"
        case events, text, utterance
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(ControlLimits.version, forKey: .version)
        try container.encode(id, forKey: .id)
        try container.encode(verb.name, forKey: .verb)
        switch verb {
        case .tail(let kinds):
            try container.encode(kinds, forKey: .events)
        case .say(let text, let utterance):
            try container.encode(text, forKey: .text)
            try container.encodeIfPresent(utterance, forKey: .utterance)
        case .status, .stop, .mute, .unmute, .pause, .resume, .devices, .config:
            break
        }
    }
}
