import Glibc
import Timeline
import Transcript

/// Names a session by when it began: `20261122T101112Z-3f2a`. Names sort by time, and fit a file name.
struct SessionName: Equatable {
    let text: String

    /// `boot` tells two sessions apart that began in the same second of the wall clock, which a board without
    /// a battery may show again and again.
    /// `names` are those in the transcript directory: no transcript there bears the new name.
    init(at sample: ClockSample, among names: [String] = []) {
        let stamp = sample.wall.rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" }
        let taken = Set(names)
        let number = sample.boot.nanoseconds / 1_000_000
        let candidates = (0..<0x1_0000).lazy.map { Self.name(stamp, number + $0) }
        text =
            candidates.first { !taken.contains($0 + TranscriptFile.suffix) } ?? Self.name(stamp, number)
    }

    private static func name(_ stamp: String, _ number: Int64) -> String {
        let suffix = String(UInt64(bitPattern: number) & 0xFFFF, radix: 16)
        return "\(stamp)Z-\(String(repeating: "0", count: 4 - suffix.count))\(suffix)"
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
