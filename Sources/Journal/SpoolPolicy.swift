import Timeline

/// When what is in memory goes to the disk. Pure.
package struct SpoolPolicy: Sendable, Equatable {
    /// What audio that is not confirmed yet shall survive.
    package enum Durability: Sendable {
        /// Outages: on the disk once one lasts, or once memory is half full.
        case outage
        /// Power cuts as well: on the disk at least each second, synced.
        case power
    }

    /// What is written at once, if there is so much.
    package static let batchBytes = 64 << 10
    /// In an outage, what is less waits so long: a card likes few writes.
    package static let outageInterval = Duration.seconds(10)
    package static let powerInterval = Duration.seconds(1)
    /// Beyond this share of memory unwritten, writing begins without an outage, in percent.
    package static let memoryPercent = 50

    package let durability: Durability
    /// An outage shorter than this costs no write.
    package let spoolAfter: Duration

    package init(durability: Durability, spoolAfter: Duration) {
        self.durability = durability
        self.spoolAfter = spoolAfter
    }

    /// How things stand.
    struct Situation {
        /// Bytes of records that are in memory only, and what there is room for.
        var unwritten: (bytes: Int, capacity: Int)
        /// Since when there is no link; nil while there is one.
        var downSince: BootTime?
        /// When the last batch went off.
        var lastWrite: BootTime?
        /// Everything is to be written: the program stops.
        var isSpilling: Bool
    }

    enum Decision: Equatable {
        case wait
        case write(synchronise: Bool)
    }

    func decide(_ situation: Situation, now: BootTime) -> Decision {
        let bytes = situation.unwritten.bytes
        guard bytes > 0 else { return .wait }
        if situation.isSpilling { return .write(synchronise: true) }
        let waited = situation.lastWrite.map { now - $0 } ?? .seconds(3_600)
        let isDue: (Duration) -> Bool = { bytes >= Self.batchBytes || waited >= $0 }
        switch durability {
        case .power:
            if isDue(Self.powerInterval) { return .write(synchronise: true) }
        case .outage:
            if let since = situation.downSince, now - since >= spoolAfter, isDue(Self.outageInterval) {
                return .write(synchronise: true)
            }
        }
        let isCrowded = bytes * 100 > situation.unwritten.capacity * Self.memoryPercent
        return isCrowded ? .write(synchronise: false) : .wait
    }
}
