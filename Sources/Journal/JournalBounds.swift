import Timeline

/// When a record that nobody confirmed is dropped from memory. Pure.
package struct JournalBounds: Sendable {
    /// The log is kept below this share of its capacity, in percent, so that the appender never finds it
    /// full: a twelfth of 4 MiB is 55 s of Opus.
    package let fullPercent: Int
    /// Audio older than this is not worth sending any more, and nothing goes to the disk; nil keeps it as
    /// long as there is room.
    package let freshAge: Duration?

    package init(fullPercent: Int = 92, freshAge: Duration? = nil) {
        precondition((1...99).contains(fullPercent), "the appender needs room")
        self.fullPercent = fullPercent
        self.freshAge = freshAge
    }

    func isFull(_ fill: (bytes: Int, capacity: Int)) -> Bool {
        fill.bytes * 100 > fill.capacity * fullPercent
    }

    func isStale(_ entry: StreamEntry, now: BootTime) -> Bool {
        guard let freshAge else { return false }
        return now - entry.capturedAt > freshAge
    }
}
