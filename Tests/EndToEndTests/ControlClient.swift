import ControlProtocol
import System

/// A client of the daemon's control socket that follows all events.
final class ControlClient {
    /// What the daemon told, in order.
    private(set) var events: [Event] = []

    private let socket: Socket
    private var pending: [UInt8] = []

    /// Connects and asks for all events.
    init(path: String) throws {
        socket = try Socket(path: path)
        _ = try ask(.tail(EventKind.allCases.filter { $0 != .level }))
    }

    /// The daemon's first answer.
    func ask(_ verb: Request.Verb) throws -> Response.Body {
        try socket.send(try JSONLine.encode(Request(id: 1, verb)))
        while true {
            if case .response(let response) = try next() { return response.body }
        }
    }

    func status() throws -> StatusSnapshot {
        guard case .status(let status) = try ask(.status) else { throw Failure("the answer is no status") }
        return status
    }

    /// The first status for which `condition` holds.
    @discardableResult
    func status(
        _ what: String, seconds: Int = 30, when condition: (StatusSnapshot) -> Bool
    ) throws -> StatusSnapshot {
        var last: StatusSnapshot?
        do {
            return try waitFor(what, seconds: seconds) {
                if last != nil { socket.waitBriefly() }
                let status = try status()
                last = status
                return condition(status) ? status : nil
            }
        } catch {
            throw Failure("\(error); the last status was \(last.map { "\($0)" } ?? "none")")
        }
    }

    /// Keeps reading until `condition` holds for what was told so far.
    func events(_ what: String, seconds: Int = 30, until condition: ([Event]) -> Bool) throws {
        try status(what, seconds: seconds) { _ in condition(events) }
    }

    private func next() throws -> ServerLine {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                defer { pending.removeFirst(end + 1) }
                let line: ServerLine = try JSONLine.decode(from: pending[..<end])
                if case .event(let event) = line { events.append(event) }
                return line
            }
            let bytes = try socket.receive()
            guard !bytes.isEmpty else { throw Failure("the daemon ended the connection") }
            pending += bytes
        }
    }
}
