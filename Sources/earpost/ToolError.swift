import ControlProtocol

/// What the tool leaves with; the numbers are those of `sysexits.h`.
enum ExitStatus: Int32 {
    /// What was given was wrong.
    case dataError = 65
    /// An input file could not be read.
    case noInput = 66
    /// No daemon answers, or it cannot do what was asked.
    case unavailable = 69
    /// Something failed that should not.
    case software = 70
    /// It may work another time.
    case temporary = 75
    /// Not allowed.
    case permission = 77
    /// The configuration is wrong.
    case configuration = 78
}

/// Why the tool leaves before its work is done; names the file or socket and what to do.
struct ToolError: Error, CustomStringConvertible {
    let status: ExitStatus
    let message: String
    /// Empty where there is nothing to be done.
    let remedy: String

    init(_ status: ExitStatus, _ message: String, remedy: String = "") {
        self.status = status
        self.message = message
        self.remedy = remedy
    }

    /// What the daemon answered instead of doing it.
    init(_ error: ControlError) {
        let status: ExitStatus =
            switch error.code {
            case .badRequest, .tooLong: .dataError
            case .unavailable, .busy: .unavailable
            case .readOnly: .permission
            default: .software
            }
        self.init(status, error.message, remedy: error.remedy)
    }

    var description: String { remedy.isEmpty ? message : "\(message)\n\(remedy)" }
}
