import Audio
import Timeline

/// How far the lines of a transcript go that an earlier run of the program wrote.
package struct WrittenLines: Sendable, Hashable {
    /// The end of the last final, channel by channel.
    package private(set) var finals: [Int: StreamPosition] = [:]
    /// The end of the last gap of the timeline: a stretch that never had audio, or lost it on the way to the
    /// journal.
    package private(set) var absences = StreamPosition.start
    /// The end of the last gap of what was given up later.
    package private(set) var drops = StreamPosition.start

    /// Nothing is written.
    package init() {}

    /// Takes note of a line; lines in any order.
    package mutating func take(_ line: TranscriptLine, rate: SampleRate) {
        func position(_ seconds: Double) -> StreamPosition {
            StreamPosition(frames: Int64((seconds * Double(rate.hertz)).rounded()))
        }
        switch line {
        case .final(let final):
            finals[final.channel] = max(finals[final.channel] ?? .start, position(final.end))
        case .gap(let gap):
            if GapCause.allCases.contains(where: { $0.name == gap.cause && $0.isGivenUp }) {
                drops = max(drops, position(gap.end))
            } else {
                absences = max(absences, position(gap.end))
            }
        case .session, .clock, .ledger: break
        }
    }
}

extension GapCause {
    /// Whether audio lost for this cause had been kept, and was given up on purpose.
    var isGivenUp: Bool {
        switch self {
        case .expired, .quota, .purged: true
        case .xrun, .suspend, .unplugged, .deviceError, .overflow, .muted, .paused, .restart, .damaged: false
        }
    }
}
