/// What a subscriber can choose from.
package enum EventKind: String, Sendable, Codable, CaseIterable, Hashable {
    /// A stretch of speech in its final form.
    case final
    /// The same, not yet final: each one replaces the last of its channel.
    case interim
    /// A stretch of the timeline without audio.
    case gap
    /// The wall clock was set.
    case clock
    /// A part of the daemon changed its state.
    case state
    /// How loud the input is.
    case level
    /// Somebody began or ceased to speak.
    case speech
    /// What became of a text to be spoken.
    case utterance

    /// What a subscriber gets who does not choose: everything but the two that come several times a second.
    package static let unasked: [EventKind] = allCases.filter { $0 != .interim && $0 != .level }
}
