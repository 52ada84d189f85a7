import Testing

@testable import Configuration

@Suite struct TOMLLinesTests {
    @Test func everyKeyIsFoundOnItsLine() throws {
        let text = #"""
            # [listen]
            a = "x # y" # b = 1
            b = """
            c = 1 \""" quotes: ""
            [d]
            """
            e . "f g" = [ # one
              "]", ']', [1, 2], # h = 1
              { i = 1, j.k = "}" }
            ]
            [ l . m ]
            n = '''
            o = 1'''
            p = 1979-05-27T07:32:00Z
            [[q]]
            r = {}
            """#
        let document = try TOMLDocument(text)
        let lines = document.lines
        #expect(
            lines.lines == [
                ["a"]: 2, ["b"]: 3, ["e"]: 7, ["e", "f g"]: 7, ["e", "f g", "i"]: 9, ["e", "f g", "j"]: 9,
                ["e", "f g", "j", "k"]: 9, ["l"]: 11, ["l", "m"]: 11, ["l", "m", "n"]: 12,
                ["l", "m", "p"]: 14,
                ["q"]: 15, ["q", "r"]: 16,
            ])
        #expect(lines[["l", "m", "none", "none"]] == 11)
        #expect(lines[["none"]] == nil)
    }

    @Test func carriageReturnsDoNotCountAsLines() throws {
        #expect(try TOMLDocument("a = 1\r\n\r\nb = 2\r\n").lines.lines == [["a"]: 1, ["b"]: 3])
    }

    /// Every text made by cutting a good one short, or by leaving a byte out of it, ends.
    @Test func brokenTextDoesNotTrapIt() {
        let text = "[a]\nb.\"c\" = [1, { d = '''x''' }, \"\"\"y\"\"\"]\n'e' = \"\\u0000\\\\\" # f\n"
        let bytes = Array(text.utf8)
        for index in bytes.indices {
            _ = TOMLLines(String(decoding: bytes[..<index], as: UTF8.self))
            _ = TOMLLines(String(decoding: bytes[..<index] + bytes[(index + 1)...], as: UTF8.self))
            _ = TOMLLines(String(decoding: bytes[index...], as: UTF8.self))
        }
        #expect(TOMLLines(text).escapedNUL == 3)
    }
}
