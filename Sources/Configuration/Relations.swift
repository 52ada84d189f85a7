import Audio
import SpeechProtocol

extension SchemaWalk {
    /// Looks at values that are allowed by themselves and asks whether they go together.
    mutating func relate() {
        relateUplink()
        relateDevices()
        relateServices()
    }

    private mutating func relateUplink() {
        let listen = value.listen
        let codecRates = [8_000, 12_000, 16_000, 24_000, 48_000]
        demand(
            ["listen.sample_rate", "listen.encoding"],
            listen.encoding != .opus || codecRates.contains(listen.rate.hertz),
            "Opus has no rate of \(listen.rate.hertz) Hz",
            "Set listen.sample_rate to one of \(codecRates), or listen.encoding to \"linear16\"."
        )
        demand(
            ["listen.channels", "listen.encoding"],
            listen.encoding != .opus || listen.channels == 1,
            "\(listen.channels) channels do not go into one Opus packet",
            "Set listen.encoding to \"linear16\", or listen.channels to 1.")
        let chunk = listen.chunk.wholeMilliseconds
        // The shortest whole number of frames that is a whole number of milliseconds: 40 ms at 11 025 Hz.
        let step = (1...1_000).first { listen.rate.hertz * $0 % 1_000 == 0 } ?? 1_000
        demand(
            ["listen.chunk_ms", "listen.sample_rate", "listen.encoding"],
            listen.encoding != .linear16 || Int64(listen.rate.hertz) * chunk % 1_000 == 0,
            "\(chunk) ms are not a whole number of frames at \(listen.rate.hertz) Hz",
            "Set listen.sample_rate to a multiple of 1000"
                + (step <= 250 ? ", or listen.chunk_ms to a multiple of \(step)." : "."))
        demand(
            ["listen.channels", "capture.channel"],
            listen.channels == 1 || value.capture.selection == .all,
            "\(listen.channels) channels are to be sent, but capture.channel leaves one",
            "Set capture.channel to \"all\", or listen.channels to 1.")
    }

    private mutating func relateDevices() {
        let capture = value.capture
        let sent = value.listen.channels
        if case .fixed(let channels) = capture.channels {
            demand(
                ["capture.channel", "capture.channels", "listen.channels"],
                capture.selection != .all || channels == sent,
                "all \(channels) captured channels are to be sent, but listen.channels is \(sent)",
                "Set capture.channels and listen.channels to the same number, or capture.channel to \"mix\".")
            if case .one(let channel) = capture.selection {
                demand(
                    ["capture.channel", "capture.channels"], channel < channels,
                    "there is no channel \(channel) among \(channels), which are counted from 0",
                    "Set capture.channel to at most \(channels - 1), or capture.channels to more.")
            }
        }
        let remedy =
            "Make the buffer longer or the period shorter: less than two periods leave no time to turn."
        demand(
            ["capture.buffer_ms", "capture.period_ms"], capture.buffer >= capture.period * 2,
            "a buffer of \(capture.buffer.wholeMilliseconds) ms does not hold two periods of "
                + "\(capture.period.wholeMilliseconds) ms", remedy)
        let playback = value.playback
        demand(
            ["playback.buffer_ms", "playback.period_ms"], playback.buffer >= playback.period * 2,
            "a buffer of \(playback.buffer.wholeMilliseconds) ms does not hold two periods of "
                + "\(playback.period.wholeMilliseconds) ms", remedy)
    }

    private mutating func relateServices() {
        for (table, service) in [("listen", value.listen.service), ("speak", value.speak.service)] {
            demand(
                ["\(table).url", "\(table).insecure"],
                service.url.isSecure || service.url.isLoopback || service.allowsPlainText,
                "\(service.url.display) is another machine, and ws:// sends audio and key in the open",
                "Begin the address with wss://, or set \(table).insecure to true.")
        }
        demand(
            ["observe.socket", "control.socket"], value.observe.path != value.control.path,
            "both sockets have the path \(value.control.path)", "Give each a path of its own.")
    }
}
