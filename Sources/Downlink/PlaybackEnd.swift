/// How an utterance ended.
package enum PlaybackEnd: Equatable, Sendable {
    /// Its last sample has left the speaker.
    case heard
    /// It was silenced: barge-in, `stop`, or a speaker of another format took over in its middle.
    case interrupted
    /// There was no speaker for too long.
    case noSpeaker
}
