import Timeline

/// When a record that nobody confirmed is dropped. Pure.
package struct JournalBounds: Sendable {
    /// The log is kept below this share of its capacity, in percent, so that the appender never finds it
    /// full: a twelfth of 4 MiB is 55 s of Opus.
    package let fullPercent: Int
    /// Audio older than this is dropped; nil keeps it as long as there is room.
    package let maximumAge: Duration?

    package init(fullPercent: Int = 92, maximumAge: Duration? = nil) {
        precondition((1...99).contains(fullPercent), "the appender needs room")
        self.fullPercent = fullPercent
        self.maximumAge = maximumAge
    }

    func drops(_ entry: StreamEntry, usedBytes: Int, capacity: Int, now: BootTime) -> Bool {
        if usedBytes * 100 > capacity * fullPercent { return true }
        guard let maximumAge else { return false }
        return now - entry.capturedAt > maximumAge
    }
}
