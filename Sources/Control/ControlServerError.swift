/// Why a control socket cannot be served. Every one of them is for a person to mend.
package enum ControlServerError: Error, Equatable, CustomStringConvertible {
    /// Somebody answers on it. Remedy: stop the other daemon, or give this one another path.
    case alreadyServed(path: String)
    /// Something that is no socket lies there. Remedy: move it away, or choose another path.
    case notASocket(path: String)
    /// A Unix socket's path has at most `max` bytes. Remedy: choose a shorter one.
    case pathTooLong(path: String, max: Int)
    /// The system refused `operation` on `path` with the errno `code`. Remedy: see to the directory's rights.
    case refused(operation: String, path: String, code: CInt)

    /// The path, what is wrong with it and the remedy, in one sentence.
    package var description: String {
        switch self {
        case .alreadyServed(let path):
            "\(path): another daemon answers on this socket; stop it, or configure another socket."
        case .notASocket(let path):
            "\(path): there is something that is no socket; move it away, or configure another socket."
        case .pathTooLong(let path, let max):
            "\(path): a socket's path has at most \(max) bytes; configure a shorter one."
        case .refused(let operation, let path, let code):
            "\(path): \(operation): \(SocketFile.reason(of: code)); see to the rights of the directory."
        }
    }
}
