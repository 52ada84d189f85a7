import Glibc
import Timeline
import Transcript

/// Names a session by when it began: `20261122T101112Z-3f2a`. Names sort by time, and fit a file name.
struct SessionName: Equatable {
    let text: String

    /// `boot` tells two sessions apart that began in the same second of the wall clock, which a board without
    /// a battery may show again and again.
    init(at sample: ClockSample) {
        let stamp = sample.wall.rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" }
        let suffix = String(UInt64(bitPattern: sample.boot.nanoseconds / 1_000_000) & 0xFFFF, radix: 16)
        text = "\(stamp)Z-\(String(repeating: "0", count: 4 - suffix.count))\(suffix)"
    }

    /// The newest session that left a transcript among `names`, the names in the transcript directory.
    static func predecessor(among names: [String]) -> String? {
        names.filter { $0.hasSuffix(TranscriptFile.suffix) }.max().map {
            String($0.dropLast(TranscriptFile.suffix.count))
        }
    }
}

/// The name of this machine (gethostname(2)); nil where it has none.
func machineName() -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return nil }
    let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return name.isEmpty ? nil : name
}
