import Audio
import SpeechProtocol
import Testing

@testable import Configuration

@Suite struct AgentConfigurationTests {
    @Test func withoutAFileEveryKeyHasItsDefault() throws {
        let loaded = try AgentConfiguration.load(
            text: nil, source: "none.toml", environment: [("HOME", "/root")])
        #expect(loaded.value == AgentConfiguration())
        #expect(loaded.origins.isEmpty)
        #expect(loaded.value.listen.service.url.display == "wss://api.deepgram.com/v1/listen")
        #expect(loaded.value.listen.model == "nova-3")
        #expect(loaded.value.listen.rate == SampleRate(hertz: 16_000))
        #expect(loaded.value.capture.period == .milliseconds(20))
        #expect(loaded.value.journal.ramBytes == 4_194_304)
    }

    @Test func anEmptyFileIsAsGoodAsNone() {
        #expect(load("")?.value == AgentConfiguration())
        #expect(load("# nothing but a comment\n\n[listen]\n")?.value == AgentConfiguration())
    }

    @Test func everyValueOfTheFileArrives() throws {
        let loaded = try #require(
            load(
                """
                auth = { scheme = "bearer", key_file = "/etc/earpost/key" }
                [listen]
                url = "ws://127.0.0.1:8080/v1/listen"
                model = "nova-2"
                language = "multi"
                encoding = "linear16"
                sample_rate = 44100
                channels = 2
                interim_results = false
                chunk_ms = 40
                connect_timeout_ms = 5_000
                ca_file = "/etc/ssl/own.pem"
                [listen.opus]
                bitrate = 24000
                complexity = 0
                application = "audio"
                [capture]
                device = "hw:CARD=mic,DEV=0"
                rate = 48000
                channels = 2
                format = "s24_3"
                period_ms = 10
                buffer_ms = 80
                channel = "all"
                gain_db = 6
                realtime_priority = 0
                [playback]
                device = "none"
                rate = "auto"
                volume_db = -12.5
                [journal]
                ram_bytes = "64 MiB"
                [control]
                socket = "/run/a.sock"
                mode = 0o600
                [observe]
                mode = "0666"
                [log]
                level = "debug"
                """))
        let value = loaded.value
        #expect(value.auth.scheme == .bearer && value.auth.keyFile?.text == "/etc/earpost/key")
        #expect(value.listen.service.url.port == 8080 && value.listen.service.connectTimeout == .seconds(5))
        #expect(value.listen.service.certificates?.text == "/etc/ssl/own.pem")
        #expect(value.listen.language == "multi" && value.listen.encoding == .linear16)
        #expect(value.listen.rate.hertz == 44_100 && value.listen.channels == 2)
        #expect(!value.listen.wantsInterimResults && value.listen.chunk == .milliseconds(40))
        #expect(value.listen.opus.bitrate == 24_000 && value.listen.opus.application == .audio)
        #expect(
            value.capture.device == "hw:CARD=mic,DEV=0"
                && value.capture.rate == .fixed(SampleRate(hertz: 48_000)))
        #expect(value.capture.channels == .fixed(2) && value.capture.format == .fixed(.s24packed))
        #expect(value.capture.buffer == .milliseconds(80) && value.capture.selection == .all)
        #expect(value.capture.gainDecibels == 6 && value.capture.realtimePriority == 0)
        #expect(value.playback.device == .none && value.playback.rate == .automatic)
        #expect(value.playback.volumeDecibels == -12.5)
        #expect(value.journal.ramBytes == 64 << 20)
        #expect(value.control.mode.bits == 0o600 && value.observe.mode.bits == 0o666)
        #expect(value.control.path.text == "/run/a.sock" && value.log.level == .debug)
    }

    @Test func zeroAndAutoLeaveTheRateToTheDevice() {
        #expect(load("capture.rate = 0")?.value.capture.rate == .automatic)
        #expect(load("capture.rate = \"auto\"")?.value.capture.rate == .automatic)
        #expect(errors("capture.rate = 1").map(\.fault) == [.notAllowed])
    }

    @Test func anEmptyLanguageIsNoLanguage() {
        #expect(
            load("listen.language = \"de\"", [("EARPOST_LISTEN_LANGUAGE", "")])?.value.listen.language == nil)
    }

    @Test func furtherParametersKeepTheirSpellingAndRepeat() {
        let query = load(
            """
            [listen.query]
            smart_format = true
            endpointing = 300
            keyterm = ["ear post", "outpost"]
            """)?.value.listen.service.query
        #expect(
            query == [
                ParameterSetting(name: "endpointing", values: ["300"]),
                ParameterSetting(name: "keyterm", values: ["ear post", "outpost"]),
                ParameterSetting(name: "smart_format", values: ["true"]),
            ])
    }

    @Test func bothServicesHaveParametersOfTheirOwn() {
        let value = load("speak.query.speed = 1.5")?.value
        #expect(value?.speak.service.query == [ParameterSetting(name: "speed", values: ["1.5"])])
        #expect(value?.listen.service.query == [])
    }

    @Test func theKeyIsSoughtInTheCredentialFirst() {
        let auth = load("auth.key_file = \"/etc/key\"")?.value.auth
        let credential = KeySource(path: "/run/credentials/x/deepgram-key", mustBePrivate: false)
        let file = KeySource(path: "/etc/key", mustBePrivate: true)
        #expect(auth?.keySources(credentialsDirectory: "/run/credentials/x") == [credential, file])
        #expect(auth?.keySources(credentialsDirectory: nil) == [file])
        #expect(load("auth.scheme = \"none\"")?.value.auth.keySources(credentialsDirectory: "/run") == [])
    }
}
