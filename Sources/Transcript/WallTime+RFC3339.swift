import Timeline

extension WallTime {
    /// This instant in UTC as RFC 3339 writes it, with milliseconds rounded down: `2026-02-28T23:59:59.999Z`.
    ///
    /// An Int64 of nanoseconds spans the years 1677 to 2262, so the year always has four digits.
    package var rfc3339: String {
        let milliseconds = nanoseconds.flooredQuotient(by: 1_000_000)
        let seconds = milliseconds.flooredQuotient(by: 1_000)
        let days = seconds.flooredQuotient(by: 86_400)
        let date = CivilDate(daysSinceEpoch: Int(days))
        let second = Int(seconds - days * 86_400)
        let (hour, minute) = (second / 3_600, second / 60 % 60)
        let day = "\(date.year.padded(to: 4))-\(date.month.padded(to: 2))-\(date.day.padded(to: 2))"
        let time = "\(hour.padded(to: 2)):\(minute.padded(to: 2)):\((second % 60).padded(to: 2))"
        return "\(day)T\(time).\(Int(milliseconds - seconds * 1_000).padded(to: 3))Z"
    }
}

/// A day of the Gregorian calendar, extended to all years.
struct CivilDate: Equatable {
    let year: Int
    /// 1…12.
    let month: Int
    /// 1…31.
    let day: Int

    /// The date `daysSinceEpoch` days after 1970-01-01.
    ///
    /// Years are counted from 1 March, so that the leap day is the last of its year: then every date follows
    /// from the number of days alone. The calendar repeats after 400 years = 146 097 days.
    init(daysSinceEpoch: Int) {
        let sinceMarch0000 = daysSinceEpoch + 719_468
        let cycle = sinceMarch0000.flooredQuotient(by: 146_097)
        let dayOfCycle = sinceMarch0000 - cycle * 146_097
        // Leap days before this day within the cycle: one in 4 years, none in 100, one in 400.
        let leapDays = dayOfCycle / 1_460 - dayOfCycle / 36_524 + dayOfCycle / 146_096
        let yearOfCycle = (dayOfCycle - leapDays) / 365
        let dayOfYear = dayOfCycle - (yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100)
        // From March the lengths 31 30 31 30 31 repeat: five months are 153 days.
        let monthFromMarch = (dayOfYear * 5 + 2) / 153
        day = dayOfYear - (monthFromMarch * 153 + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }
}

extension BinaryInteger {
    /// The quotient rounded towards negative infinity; `divisor` is positive.
    fileprivate func flooredQuotient(by divisor: Self) -> Self {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }

    /// Decimal digits with leading zeros up to `width`; not negative.
    fileprivate func padded(to width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
