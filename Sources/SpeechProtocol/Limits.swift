/// Every bound of this module, with its unit and its reason.
package enum Limits {
    // MARK: connection

    /// From the start of the connection attempt to the upgrade: name, TCP, TLS and HTTP together.
    package static let handshakeTime = Duration.seconds(10)
    /// Open this long, the service counts as well again and the back-off begins anew. Longer than the 10–15 s
    /// after which the service closes a connection it gets nothing from, so that such closes do add up.
    package static let healthyTime = Duration.seconds(30)
    /// Between attempts when waiting does not help: the key, the request or the account must change first.
    package static let probeTime = Duration.seconds(300)
    /// Longest `Retry-After` obeyed; what asks for more is asked again after this.
    package static let retryAfterMax = Duration.seconds(3_600)
    /// So many connections in a row closed as "not audio" (DATA-0000) mean a wrong encoding, not bad luck.
    package static let undecodableClosesMax = 3
    /// Keys have 40 characters, JWTs up to about 2 000.
    package static let credentialBytesMax = 4_096
    /// Of a refusal's body; the rest is not read.
    package static let refusalBytesMax = 64 * 1_024

    // MARK: listen

    /// Since the last frame sent. The service closes after 10 s (12 s measured) without audio or text.
    package static let keepAliveTime = Duration.seconds(4)
    /// For the results, the summary and the close after CloseStream, when all audio is answered.
    package static let closeTime = Duration.seconds(5)
    /// Longest wait for them, however much audio is unanswered.
    package static let closeTimeMax = Duration.seconds(60)
    /// Media time that may go at once before the pace holds: one linear16 chunk of 250 ms and some.
    package static let paceBurst = Duration.milliseconds(500)
    /// The service's documented maximum: 1.25 × real time.
    package static let pacePercent = 125
    /// The service transcribes at most 20 channels of a connection.
    package static let resultChannelsMax = 20

    // MARK: speak

    /// Per Speak message: the service takes 2 000 characters and does not say of which kind, so these are
    /// bytes of UTF-8, of which no way of counting finds more; 600 speak for about 40 s.
    package static let pieceBytesMax = 600
    /// Short sentences are sent together up to this many bytes (13 s), so that they do not use up the
    /// flushes.
    package static let pieceBytesAim = 200
    /// Text goes out only while less audio than this waits to be heard.
    package static let queuedAudioMax = Duration.seconds(10)
    /// Of one `say`; about two hours of speech.
    package static let utteranceBytesMax = 100_000
    /// Utterances waiting.
    package static let utterancesMax = 256
    /// The service counts per minute; a second more covers what the network bunches.
    package static let rateWindow = Duration.seconds(61)
    package static let charactersPerWindow = 2_400
    package static let flushesPerWindow = 20
    /// Connections end after 60 minutes at the service. From this age on, between two utterances …
    package static let speakAgeMax = Duration.seconds(55 * 60)
    /// … and from this one on between two pieces of one.
    package static let speakAgeHardMax = Duration.seconds(58 * 60)
    /// Without text in flight, when connections are made on demand.
    package static let speakIdleTime = Duration.seconds(10)
    /// From Flush or Clear to the answer, or between two chunks of audio.
    package static let speakAnswerTime = Duration.seconds(15)
    /// For the service's own close after Close.
    package static let speakCloseTime = Duration.seconds(2)
    /// Connections in a row that may end without an answer to one piece before its utterance is given up.
    package static let utteranceLossesMax = 2
    /// How long an utterance waits for a connection before it is given up.
    package static let utteranceWaitMax = Duration.seconds(30)
}
