import Testing

@testable import Configuration

@Suite struct ConfigurationErrorTests {
    @Test func everyErrorIsReportedInTheOrderOfLines() {
        let text = """
            [capture]
            period_ms = 500
            devise = "hw:0"
            channels = "two"

            [listen]
            interim_results = "yes"
            sample_rate = 16000.5
            """
        #expect(
            complaints(text, [("EARPOST_LOG_LEVEL", "loud")]) == [
                "a.toml:2: capture.period_ms: found 500, allowed: 2 to 200 ms. "
                    + "Write a value that is allowed, or take the key out for the default, 20.",
                "a.toml:3: capture.devise: there is no such key. Did you mean capture.device?",
                "a.toml:4: capture.channels: found \"two\", allowed: \"auto\", or 1 to 8. "
                    + "Write a value that is allowed, or take the key out for the default, \"auto\".",
                "a.toml:7: listen.interim_results: found \"yes\" (a string), allowed: true or false. "
                    + "Write a value of type boolean.",
                "a.toml:8: listen.sample_rate: found 16000.5 (a number with a fraction), "
                    + "allowed: 8000 to 48000 Hz. Write a value of type integer.",
                "EARPOST_LOG_LEVEL: log.level: found \"loud\", allowed: \"trace\", \"debug\", \"info\", "
                    + "\"notice\", \"warning\", \"error\" or \"critical\". "
                    + "Write a value that is allowed, or take the key out for the default, \"info\".",
            ])
    }

    @Test func aSyntaxErrorHasLineAndColumn() {
        let found = errors("[capture]\ndevice = \n")
        #expect(found.map(\.fault) == [.syntax])
        #expect(found.first?.place == .file("a.toml", line: 2, column: 10))
    }

    @Test(arguments: [
        ("listen = 5", "a.toml:1: listen: found an integer, allowed is a table."),
        ("[[listen]]\nmodel = \"x\"", "a.toml:1: listen: found an array, allowed is a table."),
        ("listen.query = \"x\"", "a.toml:1: listen.query: found a string, allowed is a table."),
        ("[listen.url]\nhost = \"x\"", "a.toml:1: listen.url: found a table, allowed: ws://"),
        ("log.level = 1979-05-27", "a.toml:1: log.level: found a date, allowed: "),
    ])
    func aTableAndAValueAreNotTakenForEachOther(text: String, begin: String) {
        let found = complaints(text)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(begin) == true, "\(found)")
    }

    @Test(arguments: [
        ("capture.devcie", "capture.device"), ("Listen.URL", "listen"), ("playback.format", "capture.format"),
        ("lsiten", "listen"), ("listen.connection_timeout_ms", "listen.connect_timeout_ms"),
        ("listen.opus.bit_rate", "listen.opus.bitrate"),
    ])
    func anUnknownKeyNamesTheNearest(wrong: String, right: String) {
        #expect(errors("\(wrong) = 1").map(\.remedy) == ["Did you mean \(right)?"])
    }

    @Test func anUnknownTableIsOneErrorAndSuggestsNothingFarFetched() {
        let found = errors("[zigzag]\na = 1\nb = 2\n")
        #expect(found.map(\.key) == ["zigzag"])
        #expect(found.first?.remedy.contains("mean") == false)
        #expect(errors("capture.auth = 1").first?.remedy.contains("mean") == false)
    }

    @Test(arguments: [
        "listen.opus.complexity = 11", "listen.opus.bitrate = 9223372036854775807",
        "capture.realtime_priority = -1",
        "capture.gain_db = nan", "capture.gain_db = inf", "capture.gain_db = 40.5", "capture.channel = 8",
        "capture.channel = \"left\"", "capture.device = \"\"", "listen.model = \"a\\nb\"",
        "speak.sample_rate = 44100",
        "transcript.directory = \"relative\"", "journal.ram_bytes = \"4 MB per day\"",
        "journal.ram_bytes = 65535",
        "journal.ram_bytes = \"99999999999GiB\"", "control.mode = 660", "control.mode = \"0770\"",
        "control.mode = \"rw\"", "control.mode = -1", "listen.query.keyterm = []", "listen.query.a = inf",
        "listen.query.\"a b\" = 1", "listen.query.\"\" = 1", "listen.url = \"api.deepgram.com\"",
    ])
    func aValueOutsideItsRangeIsRefused(text: String) {
        #expect(errors(text).map(\.fault) == [.notAllowed])
    }

    @Test(arguments: [
        "listen.channels = \"1\"", "capture.channels = 1.0", "capture.rate = true", "log.level = 3",
        "listen.query.keyterm = [[\"a\"]]", "listen.query.keyterm.a = 1", "journal.ram_bytes = 1.5",
        "capture.gain_db = \"6\"", "listen.language = 49",
    ])
    func aValueOfAnotherTypeIsRefused(text: String) {
        #expect(errors(text).map(\.fault) == [.wrongType])
    }

    @Test func aSocketPathFitsIntoItsAddress() {
        let fits = "/" + String(repeating: "a", count: 106)
        #expect(load("control.socket = \"\(fits)\"")?.value.control.path.text == fits)
        #expect(errors("control.socket = \"\(fits)b\"").map(\.fault) == [.notAllowed])
    }

    @Test func aParameterWithAKeyOfItsOwnIsReferredToIt() {
        #expect(errors("listen.query.model = \"nova-3\"").map(\.remedy) == ["Set listen.model instead."])
    }

    @Test func textThatWouldLeaveItsLineIsShownEscaped() {
        let long = String(repeating: "x", count: 200)
        #expect(
            complaints("log.level = \"a\\u001b[31m\\n\"").first?.contains("found \"a\\u001b[31m\\n\"") == true
        )
        #expect(complaints("log.level = \"\(long)\"").first?.contains("\(long.prefix(60))…\"") == true)
        #expect(complaints("\"a\\nb\" = 1").first?.hasPrefix("a.toml: a\\nb: ") == true)
    }

    @Test func aNULIsRefusedInsteadOfCuttingTheTextShort() {
        #expect(errors("log.level = \"info\"\n\0").map(\.place) == [.file("a.toml", line: 2, column: nil)])
        let escaped = "\n\nlisten.model = \"nova\\u0000-3\""
        #expect(errors(escaped).map(\.place) == [.file("a.toml", line: 3, column: nil)])
        #expect(errors("\"a\\u0000\" = 1").map(\.fault) == [.syntax])
        #expect(errors("listen.model = \"a\\\\u0000\"").isEmpty)
    }
}
