import SpeechProtocol
import Timeline

/// What a speak link tells, on its event loop.
package enum SpeakEvent: Hashable, Sendable {
    case state(LinkState)
    /// Whole samples, mono, in order.
    case audio(UtteranceID, [Int16])
    /// No more audio of this utterance comes, for this reason.
    case ended(UtteranceID, UtteranceEnd)
    case warning(ServiceNotice)
    case error(ServiceNotice)
    /// Worth a line in the log at most.
    case note(String)
}
