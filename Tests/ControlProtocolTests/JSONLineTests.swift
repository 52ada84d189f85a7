import Testing

@testable import ControlProtocol

@Suite("One value, one line")
struct JSONLineTests {
    @Test(
        "a line has one newline, at its end, whatever the text",
        arguments: [
            "two\nlines", "\r\n", "tab\t", "nul\u{0}", "separator \u{2028} end", "\"quoted\" \\ /", "日本語 🎤",
        ])
    func oneNewline(text: String) throws {
        let line = try JSONLine.encode(Request(id: 1, .say(text: text, utterance: nil)))
        #expect(line.last == UInt8(ascii: "\n"))
        #expect(line.count { $0 == UInt8(ascii: "\n") } == 1)
        #expect(!line.contains(UInt8(ascii: "\r")) && !line.contains(0))
        #expect(try JSONLine.decode([String: Either].self, from: line)["text"] == .text(text))
    }

    @Test("a number that is not finite is an error and not a line")
    func notFinite() {
        #expect(throws: JSONLine.Failure.self) { try JSONLine.encode(["x": Double.nan]) }
        #expect(throws: JSONLine.Failure.self) { try JSONLine.encode(["x": -Double.infinity]) }
    }

    @Test(
        "levels are always finite",
        arguments: [
            (-Double.infinity, -144.0), (.nan, -144), (.infinity, 24), (-12.34, -12.3), (0, 0),
        ] as [(Double, Double)])
    func levels(value: Double, written: Double) throws {
        let level = Level(peak: value, rms: value)
        #expect(level.peak == written && level.rms == written)
        #expect(try !JSONLine.encode(level).isEmpty)
    }

    @Test("unknown events are told apart from broken lines")
    func unknownEvent() {
        #expect(throws: JSONLine.Failure.mismatched("event: there is no event \"fanfare\"")) {
            try JSONLine.decode(ServerLine.self, from: Array(#"{"v":1,"event":"fanfare"}"#.utf8))
        }
    }

    private enum Either: Decodable, Equatable {
        case text(String)
        case number(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .number(try container.decode(Int.self))
            }
        }
    }
}
