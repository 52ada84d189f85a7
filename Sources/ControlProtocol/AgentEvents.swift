/// A part of the daemon changed its state.
package struct StateEvent: Sendable, Hashable, Codable {
    /// `capture`, `link`, `speak`, `playback` or `journal`; clients take unknown ones as they are.
    package var part: String
    /// The word the status uses.
    package var state: String
    /// A sentence for people, where there is something to say.
    package var detail: String?
    /// RFC 3339 UTC.
    package var at: String

    package init(part: String, state: String, detail: String? = nil, at: String) {
        self.part = part
        self.state = state
        self.detail = detail
        self.at = at
    }
}

/// How loud the input was since the last such event, over all channels that are sent.
package struct LevelEvent: Sendable, Hashable, Codable {
    package var level: Level

    package init(_ level: Level) { self.level = level }

    package init(from decoder: any Decoder) throws { level = try Level(from: decoder) }

    package func encode(to encoder: any Encoder) throws { try level.encode(to: encoder) }
}

/// A loudness in decibels of full scale: 0 is the loudest a sample can be, −144 is silence.
package struct Level: Sendable, Hashable, Codable {
    /// The loudest sample, in dBFS.
    package let peak: Double
    /// The root of the mean square, in dBFS.
    package let rms: Double

    private enum CodingKeys: String, CodingKey {
        case peak = "peak_dbfs"
        case rms = "rms_dbfs"
    }

    /// Cuts off below −144 and rounds to a tenth; what is no number counts as silence.
    package init(peak: Double, rms: Double) {
        func tidy(_ value: Double) -> Double {
            value.isNaN
                ? ControlLimits.floorDBFS : (min(max(value, ControlLimits.floorDBFS), 24) * 10).rounded() / 10
        }
        self.peak = tidy(peak)
        self.rms = tidy(rms)
    }
}

/// What became of a text to be spoken, whoever asked for it.
package struct UtteranceEvent: Sendable, Hashable, Codable {
    /// What can become of it.
    package enum State: String, Sendable, Hashable, Codable {
        case accepted, speaking, heard, interrupted, failed
    }

    /// Its name, chosen by whoever asked or by the daemon.
    package var utterance: String
    package var state: State
    /// Why it failed.
    package var detail: String?
    /// RFC 3339 UTC.
    package var at: String

    package init(_ utterance: String, _ state: State, detail: String? = nil, at: String) {
        self.utterance = utterance
        self.state = state
        self.detail = detail
        self.at = at
    }
}
