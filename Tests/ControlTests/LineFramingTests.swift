import NIOCore
import Testing

@testable import Control

@Suite("Line framing")
struct LineFramingTests {
    private func pieces(_ chunks: [String], limit: Int = 8, atEnd: Bool = false) -> [String] {
        var framing = LineFraming(limit: limit)
        var found: [String] = []
        func drain(_ atEnd: Bool) {
            while let piece = framing.next(atEnd: atEnd) {
                switch piece {
                case .line(let line): found.append(String(buffer: line))
                case .tooLong: found.append("<too long>")
                }
            }
        }
        for chunk in chunks {
            framing.append(ByteBuffer(string: chunk))
            drain(false)
        }
        if atEnd { drain(true) }
        return found
    }

    @Test("lines come out whole, however the bytes come in")
    func whole() {
        let text = "one\ntwo\n\nthree\n"
        #expect(pieces([text]) == ["one", "two", "three"])
        #expect(pieces(text.map(String.init)) == ["one", "two", "three"])
        for cut in 0...text.count {
            #expect(
                pieces([String(text.prefix(cut)), String(text.dropFirst(cut))]) == ["one", "two", "three"])
        }
    }

    @Test("a line of the limit's length is taken, a longer one is told once and passed over")
    func limit() {
        #expect(pieces(["12345678\n123456789\nok\n"]) == ["12345678", "<too long>", "ok"])
        let long = String(repeating: "x", count: 100)
        #expect(pieces((long + "\nok\n").map(String.init)) == ["<too long>", "ok"])
        #expect(pieces([long, long, long, "\nok\n"]) == ["<too long>", "ok"])
    }

    @Test("what is left at the end of the stream is a line, unless it is too long")
    func end() {
        #expect(pieces(["one\ntwo"], atEnd: true) == ["one", "two"])
        #expect(pieces(["one\ntwo"]) == ["one"])
        #expect(pieces(["one\n"], atEnd: true) == ["one"])
        #expect(pieces(["123456789"], atEnd: true) == ["<too long>"])
        #expect(pieces(["123456789", "0"], atEnd: true) == ["<too long>"])
    }
}
