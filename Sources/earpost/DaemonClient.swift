import ControlProtocol
import Glibc

/// The tool's end of the control protocol: blocking, one request at a time.
struct DaemonClient: ~Copyable {
    /// What came over the wire, as it came and as it reads.
    struct Received {
        /// With its newline.
        let bytes: [UInt8]
        let line: ServerLine
    }

    /// Seconds the daemon may take for an answer it owes at once.
    private static let patienceSeconds = 10

    let path: String
    private let socket: UnixSocket
    private var pending: [UInt8] = []

    /// Connects to the first of `paths` that lets us.
    init(paths: [String]) throws(ToolError) {
        var failures: [(path: String, failure: SocketFailure)] = []
        for path in paths {
            do throws(SocketFailure) {
                socket = try UnixSocket(path: path)
                self.path = path
                return
            } catch {
                failures.append((path, error))
            }
        }
        throw Self.explain(failures)
    }

    /// Asks, and returns the first response.
    mutating func ask(_ verb: Request.Verb) throws(ToolError) -> Received {
        try setPatience(Self.patienceSeconds)
        do throws(JSONLine.Failure) {
            try send(JSONLine.encode(Request(id: 1, verb)))
        } catch {
            throw ToolError(.software, "\(error)")
        }
        guard let received = try next() else {
            throw ToolError(.unavailable, "\(path): the daemon ended the connection.", remedy: "Try again.")
        }
        if case .response(let response) = received.line, case .failed(let error) = response.body {
            throw ToolError(error)
        }
        return received
    }

    /// From now on waits as long as it takes.
    func waitForever() throws(ToolError) { try setPatience(0) }

    /// The next line that this version understands; nil when the daemon ended the connection.
    mutating func next() throws(ToolError) -> Received? {
        while let bytes = try nextLine() {
            do throws(JSONLine.Failure) {
                return Received(bytes: bytes, line: try JSONLine.decode(from: bytes))
            } catch {
                // A message of a later version: the protocol wants it passed over.
                if case .malformed = error {
                    throw ToolError(.software, "\(path): no daemon of ours: \(error)")
                }
            }
        }
        return nil
    }

    private mutating func nextLine() throws(ToolError) -> [UInt8]? {
        var searched = 0
        while true {
            if let newline = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { pending.removeFirst(newline + 1) }
                return Array(pending[...newline])
            }
            searched = pending.count
            guard searched <= ControlLimits.lineBytes else {
                throw ToolError(.software, "\(path): a line has more than \(ControlLimits.lineBytes) bytes.")
            }
            do throws(SocketFailure) {
                let bytes = try socket.read()
                if bytes.isEmpty { return nil }
                pending += bytes
            } catch {
                guard error.code != EAGAIN else { throw notAnswering }
                throw ToolError(.unavailable, "\(path): \(error.reason).")
            }
        }
    }

    private func send(_ bytes: [UInt8]) throws(JSONLine.Failure) {
        do throws(SocketFailure) {
            try socket.write(bytes)
        } catch {
            // The daemon may have said why before it hung up: the read that follows tells.
        }
    }

    private func setPatience(_ seconds: Int) throws(ToolError) {
        do throws(SocketFailure) {
            try socket.setReadTimeout(seconds: seconds)
        } catch {
            throw ToolError(.software, "\(path): \(error.reason).")
        }
    }

    private var notAnswering: ToolError {
        ToolError(
            .unavailable, "\(path): the daemon has not answered for \(Self.patienceSeconds) s.",
            remedy: "See its log for what it is doing.")
    }

    /// Why none of the sockets would have us: what is forbidden tells more than what is absent.
    private static func explain(_ failures: [(path: String, failure: SocketFailure)]) -> ToolError {
        if let (path, _) = failures.first(where: { $0.failure.code == EACCES || $0.failure.code == EPERM }) {
            guard let group = FileSystem.group(of: path) else {
                return ToolError(
                    .permission, "\(path): you may not look there.", remedy: "Try as root: sudo earpost …")
            }
            let join = "Join it with: sudo usermod -aG \(group) $USER   and log in again; or use sudo."
            return ToolError(
                .permission, "\(path): only members of the group \(group) may use this socket.",
                remedy: group == "root" ? "Try as root: sudo earpost …" : join)
        }
        guard let (path, failure) = failures.first else { return ToolError(.software, "no socket to try") }
        return ToolError(
            .unavailable, "\(path): no daemon answers there (\(failure.reason)).",
            remedy: "Start earpostd, or name its socket with --socket.")
    }
}
