/// One thing that is said: from the request to its last sample.
package struct UtteranceID: Hashable, Comparable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    package static func < (left: UtteranceID, right: UtteranceID) -> Bool { left.number < right.number }
}

/// How an utterance ended.
package enum UtteranceEnd: Equatable, Sendable {
    /// Its last sample has left the speaker.
    case heard
    /// It was silenced: barge-in, `stop`, or a speaker of another format took over in its middle.
    case interrupted
    /// There was no speaker for too long.
    case noSpeaker
}
