import Glibc
import Logging
import System

/// Writes log lines to standard error: `level message key=value …`.
///
/// Under the journal each line begins with its priority (`<6>`, sd-daemon(3)) and carries no time, which the
/// journal adds.
struct LineLog: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let withPriority: Bool

    init(level: Logger.Level, withPriority: Bool) {
        logLevel = level
        self.withPriority = withPriority
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        var line = withPriority ? "<\(event.level.priority)>" : "\(event.level.rawValue): "
        line += "\(event.message)"
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(quoted("\(value)"))" }
        StandardError.write(line)
    }

    /// One word, or in quotes. Text of a service can make neither a line of its own nor move the cursor.
    private func quoted(_ text: String) -> String {
        var clean = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: clean += " "
            default: clean.unicodeScalars.append(scalar == "\"" ? "'" : scalar)
            }
        }
        return clean.isEmpty || clean.contains(" ") ? "\"\(clean)\"" : clean
    }
}

extension Logger.Level {
    /// syslog(3)'s number.
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
