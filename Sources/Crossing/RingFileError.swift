/// Why a ring's file cannot be used.
package enum RingFileError: Error, Equatable {
    /// There is none. Remedy: create one.
    case missing(path: String)
    /// A program uses it, perhaps a second one of ours. Remedy: end that program.
    case inUse(path: String)
    /// It is no ring of ours. Remedy: look what it is; `create` replaces it.
    case foreign(path: String)
    /// A program with another format of rings wrote it. Remedy: let that program empty it, or create anew.
    case otherVersion(path: String, found: UInt32)
    /// It is a ring's, but so damaged that no record can be found. Remedy: create anew.
    case torn(path: String, RingFilePart)
    /// The system refused. Remedy: space in the directory, rights, memory.
    case refused(path: String, CrossingError)
}

/// What of a ring's file is damaged.
package enum RingFilePart: String, Sendable {
    /// It is shorter or longer than it says.
    case length
    case header
    case identity
    /// What says where the records begin and end.
    case counters
}

extension RingFileError {
    /// One sentence for people.
    package var sentence: String {
        switch self {
        case .missing(let path): "\(path) is not there"
        case .inUse(let path): "\(path) is in use: another program has it open"
        case .foreign(let path): "\(path) was not made by this program"
        case .otherVersion(let path, let found):
            "\(path) has format \(found), this program reads format \(RingFileHeader.version)"
        case .torn(let path, let part): "\(path) is damaged: its \(part.rawValue) cannot be"
        case .refused(let path, let error): "\(path): \(error.operation) failed with errno \(error.code)"
        }
    }
}
