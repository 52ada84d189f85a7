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

    // MARK: dead peers

    /// Nothing received for so long while audio flows: ping. With `pongTime` 4.5 s, so that a peer that
    /// stops is noticed within 5 s.
    package static let pingTime = Duration.seconds(2)
    /// The same while no audio flows. Shorter than what routers forget a quiet connection after.
    package static let idlePingTime = Duration.seconds(15)
    /// From a ping to anything received: some round trips of a bad mobile link.
    package static let pongTime = Duration.milliseconds(2_500)
    /// After so many connections in a row that were given up for that before they had held, `pongTime` has
    /// doubled as often as it will; the first does not double it.
    package static let pongDoublingsMax = 4
    /// Bytes wait to leave and none does.
    package static let stuckTime = Duration.seconds(4)
    /// Connections in a row without a single pong, given up for want of one: this host answers no pings.
    package static let pongLossesMax = 3
    /// Audio sent without any answer until the service is asked …
    package static let probeAudio = Duration.seconds(8)
    /// … and the time it must have had for that: as long as this audio takes at the default pace.
    package static let probeAudioTime = Duration.milliseconds(6_400)
    /// From asking to giving up. At the default pace 8 s + 0.5 s of burst + 5 s × 1.25 < 15 s of audio.
    package static let probeAnswerTime = Duration.seconds(5)

    // MARK: listen

    /// Since the last frame sent. The service closes after 10 s (12 s measured) without audio or text.
    package static let keepAliveTime = Duration.seconds(4)
    /// Audio pauses (muted, unplugged) when nothing was sent nor is queued for so long; the service is then
    /// asked for the last words at once. Longer than any packet, and than the hiccups of sound cards.
    package static let pauseTime = Duration.milliseconds(1_500)
    /// Sent audio whose end is within so much of the last final counts as final: the noise of 32-bit
    /// floats, and what is left of a packet.
    package static let finalSlack = Duration.milliseconds(60)
    /// For the results, the summary and the close after CloseStream, when all audio is answered.
    package static let closeTime = Duration.seconds(5)
    /// Longest wait for them, unless more audio than that takes is unanswered.
    package static let closeTimeMax = Duration.seconds(60)
    /// Longest wait for them however much is unanswered: beyond it the service is not at work.
    package static let closeTimeHardMax = Duration.seconds(600)
    /// Media time that may go at once before the pace holds: one linear16 chunk of 250 ms and some.
    package static let paceBurst = Duration.milliseconds(500)
    /// The service's documented maximum: 1.25 × real time.
    package static let pacePercent = 125
    /// Of real time: slower never catches up, faster no service takes.
    package static let pacePercents = 101...1_000
    /// Days whose use is remembered for the daily cap: today, and those a clock that steps has been in.
    package static let capDaysMax = 8
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
