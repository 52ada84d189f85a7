/// What the Speak service says beside audio.
package enum SpeakMessage: Hashable, Sendable {
    /// Comes right after the connection is open.
    case metadata(requestID: String?, model: String?)
    /// All audio of the text before a Flush has been sent.
    case flushed
    /// No audio of what was said before a Clear will come any more.
    case cleared
    case warning(ServiceNotice)
    case error(ServiceNotice)
    /// A type this program does not know.
    case unknown(type: String)
    /// Not what the protocol describes; `reason` is for the log.
    case malformed(reason: String)
}
