import SpeechProtocol
import Testing

@testable import Configuration

@Suite struct EnvironmentTests {
    @Test func aVariableGoesBeforeTheFileAndIsTypedLikeIt() throws {
        let loaded = try #require(
            load(
                "listen.url = \"wss://a.example/v1\"\ncapture.device = \"hw:1\"",
                [
                    ("EARPOST_LISTEN_URL", "wss://b.example/v1"), ("EARPOST_CAPTURE_CHANNEL", "1"),
                    ("EARPOST_CAPTURE_DEVICE", "0"), ("EARPOST_CAPTURE_GAIN_DB", "-3.5"),
                    ("EARPOST_LISTEN_INTERIM_RESULTS", "false"), ("EARPOST_CONTROL_MODE", "0600"),
                    ("EARPOST_JOURNAL_RAM_BYTES", "65536"), ("EARPOST_CAPTURE_RATE", "48000"),
                    ("EARPOST_LISTEN_OPUS_BITRATE", "16000"), ("EARPOST_CONTROL_SOCKET", "/tmp/c"),
                ]))
        let value = loaded.value
        #expect(value.listen.service.url.host == "b.example" && value.capture.selection == .one(1))
        #expect(value.capture.device == "0" && value.capture.gainDecibels == -3.5)
        #expect(!value.listen.wantsInterimResults && value.control.mode.bits == 0o600)
        #expect(value.journal.ramBytes == 65_536 && value.listen.opus.bitrate == 16_000)
        #expect(value.control.path.text == "/tmp/c")
        #expect(loaded.origins["listen.url"] == .environment("EARPOST_LISTEN_URL"))
        #expect(loaded.origins["capture.device"] == .environment("EARPOST_CAPTURE_DEVICE"))
    }

    @Test func aParameterByVariableReplacesThatOfTheFileAlone() {
        let query = load(
            "listen.query = { keyterm = [\"a\", \"b\"], tag = \"t\" }",
            [("EARPOST_LISTEN_QUERY_KEYTERM", "c"), ("EARPOST_LISTEN_QUERY_REDACT", "[\"pci\", \"ssn\"]")]
        )?.value.listen.service.query
        #expect(
            query == [
                ParameterSetting(name: "keyterm", values: ["c"]),
                ParameterSetting(name: "redact", values: ["pci", "ssn"]),
                ParameterSetting(name: "tag", values: ["t"]),
            ])
    }

    @Test func aValueThatOnlyLooksLikeAnArrayIsText() {
        let loaded = load("", [("EARPOST_LISTEN_QUERY_TAG", "[x")])
        #expect(loaded?.value.listen.service.query == [ParameterSetting(name: "tag", values: ["[x"])])
        #expect(errors("", [("EARPOST_LISTEN_QUERY_REPLACE", "[1]\nb = [2]")]).map(\.fault) == [.notAllowed])
    }

    @Test func anUnknownVariableNamesTheNearestAndNotItsValue() {
        #expect(
            complaints("", [("EARPOST_LISTEN_URI", "tell-tale")]) == [
                "EARPOST_LISTEN_URI: there is no such variable. Did you mean EARPOST_LISTEN_URL?"
            ])
    }

    @Test func variablesOfTheBuildAndOfTestsAreLeftAlone() {
        let others = [
            "EARPOST_CONFIG", "EARPOST_CORE", "EARPOST_TEST_ANYTHING", "EARPOST_DEVICE", "EARPOST_DEVICE_X",
        ]
        #expect(complaints("", others.map { ($0, "1") } + [("EARPOSTAL", "1"), ("PATH", "/bin")]) == [])
    }

    @Test func noTwoKeysHaveTheSameVariable() {
        let plain = Schema.settings.filter { $0.openTable == nil }.map(\.variable)
        let open = Schema.settings.filter { $0.openTable != nil }.map(\.variable)
        #expect(Set(plain).count == plain.count)
        #expect(open == ["EARPOST_LISTEN_QUERY_", "EARPOST_SPEAK_QUERY_"])
        #expect(
            !plain.contains { name in open.contains { name.hasPrefix($0) } || OtherVariables.contains(name) })
    }
}
