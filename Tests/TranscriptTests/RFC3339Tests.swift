import Testing
import Timeline

@testable import Transcript

@Suite("Wall time as RFC 3339")
struct RFC3339Tests {
    @Test(
        "known instants are written as any calendar has them",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_735_603_200_000, "2024-12-31T00:00:00.000Z"),
            (1_735_689_599_001, "2024-12-31T23:59:59.001Z"),
            (1_772_280_000_000, "2026-02-28T12:00:00.000Z"),
            (4_107_456_000_000, "2100-02-28T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
            (-2_203_977_600_000, "1900-02-28T00:00:00.000Z"),
        ] as [(Int64, String)])
    func knownInstants(milliseconds: Int64, text: String) {
        #expect(WallTime(nanoseconds: milliseconds * 1_000_000).rfc3339 == text)
    }

    @Test("what is below a millisecond is rounded down")
    func roundsDown() {
        #expect(WallTime(nanoseconds: 999_999).rfc3339 == "1970-01-01T00:00:00.000Z")
        #expect(WallTime(nanoseconds: -999_999).rfc3339 == "1969-12-31T23:59:59.999Z")
    }

    @Test("the ends of the range have four-digit years")
    func rangeEnds() {
        #expect(WallTime(nanoseconds: .min).rfc3339 == "1677-09-21T00:12:43.145Z")
        #expect(WallTime(nanoseconds: .max).rfc3339 == "2262-04-11T23:47:16.854Z")
    }

    @Test("every day of 800 years follows the one before it")
    func everyDayFollows() {
        var expected = (year: 1600, month: 1, day: 1)
        for number in -135_140..<(-135_140 + 2 * 146_097) {
            let date = CivilDate(daysSinceEpoch: number)
            guard date.year == expected.year, date.month == expected.month, date.day == expected.day else {
                Issue.record("day \(number) is \(date), not \(expected)")
                return
            }
            let leap = expected.year % 4 == 0 && (expected.year % 100 != 0 || expected.year % 400 == 0)
            let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            expected.day += 1
            if expected.day > lengths[expected.month - 1] {
                expected = (expected.year, expected.month + 1, 1)
            }
            if expected.month > 12 { expected = (expected.year + 1, 1, 1) }
        }
    }
}
