import Timeline

/// How the service's part in an utterance ended. The audio before it has been handed on.
package enum UtteranceEnd: Hashable, Sendable {
    /// All its audio came.
    case spoken
    /// Taken back by us.
    case cancelled
    /// The connection broke in the middle of its audio.
    case interrupted
    /// No connection came about in time.
    case unreachable
    /// The service will not have us; `sentence` says why.
    case refused(sentence: String)
}

/// A text on its way, cut into pieces.
struct Utterance: Sendable {
    let id: UtteranceID
    /// What has not been spoken yet; never empty while the utterance waits.
    var pieces: ArraySlice<String>
    /// Whether a piece has been spoken.
    var isUnderWay = false
    /// Connections that ended without an answer to its first piece left.
    var losses = 0
    /// Since when it waits for a connection.
    var waitingSince: BootTime
}
