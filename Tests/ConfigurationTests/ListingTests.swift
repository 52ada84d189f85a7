import Testing

@testable import Configuration

@Suite struct ListingTests {
    static let text = """
        listen.url = "ws://[::1]:8080/v1/listen"
        listen.language = "en\\\\-\\"GB\\""
        capture.channel = 3
        capture.gain_db = -6
        playback.device = "none"
        journal.ram_bytes = 100000
        control.mode = 0o640
        [listen.query]
        keyterm = ["a", "b"]
        smart_format = true
        """

    @Test func theListingReadAgainIsTheSameConfiguration() throws {
        let loaded = try #require(load(Self.text, [("EARPOST_LOG_LEVEL", "trace")]))
        let again = try #require(load(loaded.listing))
        #expect(again.value == loaded.value)
        #expect(load(load("")?.listing ?? "?")?.value == AgentConfiguration())
    }

    @Test func everySettingTellsWhereItComesFrom() throws {
        let loaded = try #require(load(Self.text, [("EARPOST_LOG_LEVEL", "trace")]))
        let from = Dictionary(uniqueKeysWithValues: loaded.settings.map { ($0.key, $0.from) })
        #expect(from["listen.url"] == "a.toml:1")
        #expect(from["listen.query.keyterm"] == "a.toml:9")
        #expect(from["listen.query.smart_format"] == "a.toml:10")
        #expect(from["log.level"] == "EARPOST_LOG_LEVEL")
        #expect(from["listen.model"] == "default")
        #expect(from.count == Schema.settings.count)
    }

    @Test func everyDefaultIsWithinItsRange() {
        for setting in Schema.settings where setting.openTable == nil {
            #expect(complaints("\(setting.key) = \(setting.standard)") == [])
        }
    }
}
