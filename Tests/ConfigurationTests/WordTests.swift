import Testing

@testable import Configuration

@Suite struct WordTests {
    @Test func sizesAreReadWithAndWithoutUnits() {
        #expect(ByteSize.read("4MiB") == 4 << 20)
        #expect(ByteSize.read("500 kB") == 500_000)
        #expect(ByteSize.read("65536") == 65_536)
        for text in ["", "MiB", "4 mib", "-1", "1.5MiB", "99999999999999GiB", "4MiB "] {
            #expect(ByteSize.read(text) == nil, "\(text)")
        }
        for bytes in [0, 1, 1_000, 65_536, 4 << 20, 3 << 30, 1_025] {
            #expect(ByteSize.read(ByteSize.text(bytes)) == bytes)
        }
    }

    @Test func aDistanceIsTheNumberOfSlips() {
        func distance(_ left: String, _ right: String) -> Int {
            NearestName.distance(Array(left.utf8), Array(right.utf8))
        }
        #expect(distance("", "abc") == 3 && distance("abc", "") == 3 && distance("abc", "abc") == 0)
        #expect(distance("abc", "acb") == 1 && distance("kitten", "sitting") == 3)
    }

    @Test func noNameIsOfferedForOneThatIsFarFromAll() {
        #expect(NearestName.of("quartz", among: ["listen.url", "log.level"]) == nil)
        #expect(NearestName.of("", among: ["listen.url"]) == nil)
    }
}
