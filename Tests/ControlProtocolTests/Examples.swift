import ControlProtocol

/// One value of every message, by the name its example has in `docs/CONTROL.md`.
enum Examples {
    static let requests: [String: Request] = [
        "request status": Request(id: 1, .status),
        "request tail": Request(id: 2, .tail([.final, .interim, .gap])),
        "request say": Request(id: 3, .say(text: "Good morning.", utterance: "greeting")),
        "request stop": Request(id: 4, .stop),
        "request mute": Request(id: 5, .mute),
        "request unmute": Request(id: 6, .unmute),
        "request pause": Request(id: 7, .pause),
        "request resume": Request(id: 8, .resume),
        "request devices": Request(id: 9, .devices),
        "request config": Request(id: 10, .config),
    ]

    static let responses: [String: Response] = [
        "response done": Response(id: 5, .done),
        "response status": Response(id: 1, .status(status)),
        "response tail": Response(id: 2, .tail([.final, .interim, .gap])),
        "response say accepted": Response(id: 3, .say(SayProgress(.accepted, utterance: "greeting"))),
        "response say heard": Response(id: 3, .say(SayProgress(.heard, utterance: "greeting"))),
        "response say interrupted": Response(id: 3, .say(SayProgress(.interrupted, utterance: "greeting"))),
        "response devices": Response(
            id: 9,
            .devices([
                DeviceDescription(
                    name: "hw:CARD=Device,DEV=0", direction: .capture, description: "USB PnP Sound Device",
                    ability: .init(rates: 8_000...48_000, channels: 1...1, formats: ["s16"])),
                DeviceDescription(
                    name: "hw:CARD=Headphones,DEV=0", direction: .playback, description: "bcm2835 Headphones",
                    problem: "in use by another program"),
            ])),
        "response config": Response(
            id: 10,
            .config(
                ConfigurationReport(
                    file: "/etc/earpost/earpost.toml",
                    entries: [
                        .init(
                            key: "capture.device", value: "\"hw:CARD=Device,DEV=0\"",
                            source: "/etc/earpost/earpost.toml:4"),
                        .init(key: "capture.rate", value: "48000", source: "default"),
                        .init(key: "listen.model", value: "\"nova-3\"", source: "EARPOST_LISTEN_MODEL"),
                    ]))),
        "response failed": Response(id: 3, .failed(.readOnly(.say(text: "x", utterance: nil)))),
        "response unreadable": Response(
            id: nil,
            .failed(
                ControlError(
                    code: .tooLong, message: "The line is longer than 65536 bytes.",
                    remedy: "Send less in one request; a long text can be spoken in several."))),
    ]

    static let heard = HeardEvent(
        session: "20260228T120000Z-7f3a", start: 1.2, end: 2.5, at: "2026-02-28T12:00:01.200Z", channel: 0,
        text: "Good morning.", confidence: 0.98,
        words: [
            .init(word: "good", punctuated: "Good", start: 1.28, end: 1.5, confidence: 0.99, speaker: 0),
            .init(
                word: "morning", punctuated: "morning.", start: 1.5, end: 2.0625, confidence: 0.97, speaker: 0
            ),
        ], requestID: "0a1b")

    static let partial = HeardEvent(
        session: "20260228T120000Z-7f3a", start: 1.2, end: 2.2, at: "2026-02-28T12:00:01.200Z", channel: 0,
        text: "Good mor", confidence: 0.7, words: [])

    static let events: [String: Event] = [
        "event final": .final(heard),
        "event interim": .interim(partial),
        "event gap": .gap(
            GapEvent(
                session: "20260228T120000Z-7f3a", start: 10, end: 12.5, at: "2026-02-28T12:00:10.000Z",
                cause: "unplugged")),
        "event clock": .clock(
            ClockEvent(
                session: "20260228T120000Z-7f3a", start: 30, at: "2026-02-28T13:00:30.000Z",
                was: "2026-02-28T12:00:30.000Z", offsetChangeMilliseconds: 3_600_000)),
        "event state": .state(
            StateEvent(
                part: "link", state: "waiting", detail: "The service closed the connection: 1011 NET-0001.",
                at: "2026-02-28T12:00:12.000Z")),
        "event level": .level(LevelEvent(Level(peak: -12.34, rms: -31))),
        "event speech": .speech(
            SpeechEvent(.started, channel: 0, start: 1.25, at: "2026-02-28T12:00:01.250Z")),
        "event utterance": .utterance(UtteranceEvent("greeting", .speaking, at: "2026-02-28T12:00:03.000Z")),
        "event lost": .lost(count: 17),
    ]

    static let status = StatusSnapshot(
        version: "earpostd 0.1.0", session: "20260228T120000Z-7f3a", started: "2026-02-28T12:00:00.000Z",
        uptimeSeconds: 60,
        capture: CaptureStatus(
            device: "hw:CARD=Device,DEV=0", state: "running",
            format: FormatStatus(rate: 48_000, channels: 1, sample: "s16"), periodFrames: 480,
            bufferFrames: 4_800,
            realtime: true, xruns: ["xrun": 1], level: Level(peak: -12.3, rms: -31), muted: false,
            trouble: TroubleStatus(
                message: "hw:CARD=Device,DEV=0 overran; 960 frames are missing.",
                at: "2026-02-28T12:00:41.000Z"), condition: "well"),
        uplink: UplinkStatus(
            encoding: "opus", rate: 16_000, channels: 1, positionSeconds: 60, packets: 2_998),
        journal: JournalStatus(
            pendingFrames: 39_680, pendingSeconds: 2.48, bytes: 12_400, capacityBytes: 67_108_864),
        link: LinkStatus(
            state: "open", since: "2026-02-28T12:00:20.000Z", requestID: "0a1b",
            lastError: TroubleStatus(
                message: "api.deepgram.com refused the connection: 401 INVALID_AUTH.",
                remedy: "Check the key in auth.key_file.", at: "2026-02-28T12:00:18.000Z"), reconnects: 1),
        speak: SpeakStatus(state: "idle", queue: 0),
        playback: PlaybackStatus(
            device: "hw:CARD=Headphones,DEV=0", state: "running",
            format: FormatStatus(rate: 48_000, channels: 2, sample: "s16"), underruns: 0),
        ledger: LedgerStatus(
            rate: 16_000, elapsed: 960_000, captured: 959_680, sent: 959_680, confirmed: 920_000,
            pending: 39_680,
            dropped: [:], absent: ["xrun": 320]),
        clock: ClockStatus(now: "2026-02-28T12:01:00.000Z", steps: 0))
}
