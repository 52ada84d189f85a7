import Testing

@testable import Configuration

@Suite struct RelationTests {
    @Test(arguments: [
        ("listen.sample_rate = 44100", "listen.sample_rate", "Opus has no rate of 44100 Hz"),
        (
            "listen.channels = 2\ncapture.channel = \"all\"", "listen.channels",
            "2 channels do not go into one Opus packet"
        ),
        (
            "listen.encoding = \"linear16\"\nlisten.sample_rate = 11025", "listen.sample_rate",
            "100 ms are not a whole number of frames at 11025 Hz"
        ),
        (
            "listen.encoding = \"linear16\"\nlisten.channels = 2", "listen.channels",
            "2 channels are to be sent, but capture.channel leaves one"
        ),
        (
            "capture.channel = \"all\"\ncapture.channels = 2", "capture.channel",
            "all 2 captured channels are to be sent, but listen.channels is 1"
        ),
        (
            "capture.channel = 2\ncapture.channels = 2", "capture.channel",
            "there is no channel 2 among 2, which are counted from 0"
        ),
        (
            "capture.period_ms = 101", "capture.period_ms",
            "a buffer of 200 ms does not hold two periods of 101 ms"
        ),
        (
            "playback.buffer_ms = 39", "playback.buffer_ms",
            "a buffer of 39 ms does not hold two periods of 20 ms"
        ),
        (
            "listen.url = \"ws://example.org/v1\"", "listen.url",
            "ws://example.org/v1 is another machine, and ws:// sends audio and key in the open"
        ),
        (
            "speak.url = \"ws://192.168.0.9:80\"", "speak.url",
            "ws://192.168.0.9/v1/speak is another machine, and ws:// sends audio and key in the open"
        ),
        (
            "observe.socket = \"/run/earpost/control.sock\"", "observe.socket",
            "both sockets have the path /run/earpost/control.sock"
        ),
    ])
    func whatDoesNotGoTogetherIsRefusedAtTheKeySomebodySet(text: String, key: String, problem: String) {
        let found = errors(text)
        #expect(found.map(\.fault) == [.contradiction])
        #expect(found.first?.key == key)
        #expect(found.first?.problem == problem)
        let line = text.split(separator: "\n").firstIndex { $0.hasPrefix(key) }.map { $0 + 1 }
        #expect(found.first?.place == .file("a.toml", line: line, column: nil))
    }

    @Test(arguments: [
        "capture.period_ms = 100", "playback.buffer_ms = 40", "listen.url = \"ws://localhost:1\"",
        "listen.url = \"ws://[::1]:8080/v1\"", "listen.url = \"ws://example.org\"\nlisten.insecure = true",
        "listen.encoding = \"linear16\"\nlisten.sample_rate = 11025\nlisten.chunk_ms = 120",
        "listen.encoding = \"linear16\"\nlisten.channels = 8\ncapture.channel = \"all\"",
        "capture.channel = 1\ncapture.channels = 2", "capture.channel = \"all\"",
    ])
    func whatJustGoesTogetherIsAccepted(text: String) {
        #expect(complaints(text) == [])
    }

    @Test func aContradictionByAVariableIsLaidAtItsDoor() {
        let found = errors("", [("EARPOST_LISTEN_SAMPLE_RATE", "44100")])
        #expect(found.map(\.place) == [.environment("EARPOST_LISTEN_SAMPLE_RATE")])
    }

    @Test func nothingIsConcludedFromAValueThatWasRefused() {
        #expect(
            errors("listen.sample_rate = 44100\nlisten.encoding = \"opsu\"").map(\.key) == ["listen.encoding"]
        )
    }
}
