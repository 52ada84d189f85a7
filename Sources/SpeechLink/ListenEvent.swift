import Audio
import SpeechProtocol
import Timeline

/// What a listen link tells, on its event loop.
package enum ListenEvent: Hashable, Sendable {
    case state(LinkState)
    /// With this result everything before `confirmed` is final on all channels. Once the result has been
    /// written down, the audio may go.
    case result(RecognisedResult, confirmed: StreamPosition)
    /// A packet was handed to a connection, for the first time or again.
    case sent(FrameCount, from: StreamPosition)
    case speechStarted(channel: Int, at: StreamPosition)
    /// After the last word; nil where the service does not say when that was.
    case utteranceEnded(channel: Int, at: StreamPosition?)
    /// The service's account of a connection, and ours of what was sent on it.
    case summary(ListenMetadata, sent: FrameCount)
    /// The connection ended in order, and all audio before `confirmed` is dealt with.
    case completed(confirmed: StreamPosition)
    case warning(ServiceNotice)
    case error(ServiceNotice)
    /// Worth a line in the log at most.
    case note(String)
}
