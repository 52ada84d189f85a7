import Audio
import SpeechProtocol

extension Schema {
    static let listen = [
        Setting(
            "listen.url", \.listen.service.url, .service(ListenRequest.defaultPath),
            "Where the service that hears is."),
        Setting(
            "listen.insecure", \.listen.service.allowsPlainText, .boolean,
            "Allow ws:// to another machine: audio, transcript and key then travel in the open."),
        Setting(
            "listen.connect_timeout_ms", \.listen.service.connectTimeout, .milliseconds(100...60_000),
            "How long a connection may take to open."),
        Setting(
            "listen.ca_file", \.listen.service.certificates, .optional(.path()),
            "PEM certificates to trust besides the system's."),
        Setting("listen.model", \.listen.model, .text("a model's name"), "Which model hears."),
        Setting(
            "listen.language", \.listen.language, .optional(.text("a BCP-47 tag or \"multi\"")),
            "The language spoken; without one the service decides."),
        Setting(
            "listen.encoding", \.listen.encoding, .word,
            "Opus packets of 20 ms, one channel; or linear16, which keeps every channel."),
        Setting(
            "listen.sample_rate", \.listen.rate, .rate(8_000...48_000),
            "The rate of the audio sent; with Opus 8000, 12000, 16000, 24000 or 48000."),
        Setting(
            "listen.channels", \.listen.channels, .integer(PCMFormat.supportedChannels),
            "How many channels are sent; more than one needs linear16 and capture.channel \"all\"."),
        Setting(
            "listen.interim_results", \.listen.wantsInterimResults, .boolean,
            "Whether the service also sends what it may still change."),
        Setting(
            "listen.chunk_ms", \.listen.chunk, .milliseconds(20...250),
            "How much audio a linear16 message holds: a whole number of frames."),
        Setting(
            "listen.opus.bitrate", \.listen.opus.bitrate, .integer(6_000...128_000, "bit/s"),
            "The encoder's bit rate."),
        Setting(
            "listen.opus.complexity", \.listen.opus.complexity, .integer(0...10),
            "How hard the encoder works; less suits a slow board."),
        Setting(
            "listen.opus.application", \.listen.opus.application, .word,
            "What the encoder favours: clear speech, faithful sound, or least delay."),
        Setting(
            "listen.catch_up_percent", \.listen.catchUpPercent, .integer(101...1_000, "% of real time"),
            "How fast a backlog is sent; the hosted service takes 125."),
        Setting(
            "listen.daily_minutes", \.listen.dailyMinutes, .integer(0...1_440, "min"),
            "How much audio is sent in a day (UTC) at most, what is sent again included; 0: no limit."),
        Setting(
            anyUnder: "listen.query", \.listen.service.query,
            refusals: listenParameters.merging(keyParameters) { own, _ in own },
            "Any further parameter of the service, such as keyterm or smart_format; an array repeats it."),
    ]

    static let speak = [
        Setting(
            "speak.url", \.speak.service.url, .service(SpeakRequest.defaultPath),
            "Where the service that speaks is."),
        Setting(
            "speak.insecure", \.speak.service.allowsPlainText, .boolean,
            "Allow ws:// to another machine: text, speech and key then travel in the open."),
        Setting(
            "speak.connect_timeout_ms", \.speak.service.connectTimeout, .milliseconds(100...60_000),
            "How long a connection may take to open."),
        Setting(
            "speak.ca_file", \.speak.service.certificates, .optional(.path()),
            "PEM certificates to trust besides the system's."),
        Setting("speak.model", \.speak.model, .text("a voice's name"), "Which voice speaks."),
        Setting(
            "speak.sample_rate", \.speak.rate, .rate(oneOf: [8_000, 16_000, 24_000, 32_000, 48_000]),
            "The rate of the speech asked for."),
        Setting(
            "speak.keep_warm", \.speak.keepsWarm, .boolean,
            "Keep the connection open between answers, so that the next one starts sooner."),
        Setting(
            anyUnder: "speak.query", \.speak.service.query,
            refusals: speakParameters.merging(keyParameters) { own, _ in own },
            "Any further parameter of the service, such as speed; an array repeats it."),
    ]

    static let auth = [
        Setting(
            "auth.scheme", \.auth.scheme, .word,
            "How the key is offered; none for a service that asks for no key."),
        Setting(
            "auth.key_file", \.auth.keyFile, .optional(.path()),
            "The file with the key, used when there is no credential deepgram-key."),
    ]

    private static let listenParameters = owned(
        ["model", "language", "encoding", "sample_rate", "channels", "interim_results"], by: "listen")

    private static let speakParameters = owned(["model", "sample_rate"], by: "speak").merging(
        ["encoding": "Leave it out: speech arrives as linear16.", "container": "Leave it out: none is used."]
    ) { own, _ in own }
}
