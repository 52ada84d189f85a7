/// How far a text to be spoken has come. A `say` is answered by `accepted`, and later by one of the others
/// or an error.
package struct SayProgress: Sendable, Hashable, Codable {
    /// How far.
    package enum State: String, Sendable, Hashable, Codable {
        /// It waits to be spoken, or is being spoken.
        case accepted
        /// Its last sample has left the speaker.
        case heard
        /// Somebody asked for quiet, or spoke into it.
        case interrupted
    }

    package var state: State
    /// The name it has in events.
    package var utterance: String

    package init(_ state: State, utterance: String) {
        self.state = state
        self.utterance = utterance
    }
}
