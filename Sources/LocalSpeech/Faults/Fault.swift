/// A way to misbehave on purpose.
package enum Fault: Equatable, Sendable {
    // MARK: instead of a handshake
    /// Reset the TCP connection when the request has arrived.
    case refuse
    /// Accept the request and never answer it.
    case hang
    /// Answer with this HTTP status.
    case status(Int, retryAfterSeconds: Int?)

    // MARK: a strange handshake
    /// Answer the upgrade this much later.
    case delay(seconds: Double)
    /// Select this subprotocol whatever was offered, or none.
    case subprotocol(String?)

    // MARK: in mid-stream
    /// Reset the TCP connection.
    case reset
    /// Neither read nor write any more, with the socket open.
    case freeze
    /// As `freeze`, with the smallest receive buffer, so that the peer's bytes stop being acknowledged soon.
    case halfOpen
    /// Close the writing side of the TCP connection only.
    case halfClose
    /// Close the TCP connection without a close frame.
    case drop
    /// Send this close frame.
    case close(StreamClosure)
    /// Send something that no client should take for an answer.
    case garbage(Garbage)
    /// Take everything, answer pings, and say nothing.
    case silent
    /// Hold back every answer this long.
    case slow(seconds: Double)
    /// Leave pings unanswered.
    case noPong

    /// What garbage consists of.
    package enum Garbage: String, CaseIterable, Equatable, Sendable {
        /// A text frame with RSV1 set, without an extension that would allow it.
        case rsv
        /// A text frame that is not UTF-8.
        case utf8
        /// A frame with the reserved opcode 3.
        case opcode
        /// A masked frame, which only clients may send.
        case masked
        /// A message of a type that does not exist; to be ignored.
        case type
        /// A text message that is not JSON.
        case text
        /// A binary message.
        case binary
        /// A harmless message in three fragments with a ping between; legal.
        case fragments
        /// A ping; legal.
        case ping
    }

    /// Whether the fault takes the place of the handshake, or changes it.
    package var concernsHandshake: Bool {
        switch self {
        case .refuse, .hang, .status, .delay, .subprotocol: true
        case .reset, .freeze, .halfOpen, .halfClose, .drop, .close, .garbage, .silent, .slow, .noPong: false
        }
    }
}

extension Fault {
    /// The name `/control` knows it by.
    package var name: String {
        switch self {
        case .refuse: "refuse"
        case .hang: "hang"
        case .status(let status, _): "\(status)"
        case .delay: "delay"
        case .subprotocol(let other): other == nil ? "no-subprotocol" : "wrong-subprotocol"
        case .reset: "reset"
        case .freeze: "freeze"
        case .halfOpen: "half-open"
        case .halfClose: "half-close"
        case .drop: "drop"
        case .close: "close"
        case .garbage(let kind): "garbage \(kind.rawValue)"
        case .silent: "silent"
        case .slow: "slow"
        case .noPong: "no-pong"
        }
    }
}

/// When a fault happens on a connection.
package struct FaultSchedule: Equatable, Sendable {
    /// Seconds after the upgrade.
    package var afterSeconds = 0.0
    /// Seconds of audio received on the connection.
    package var afterAudioSeconds = 0.0
    /// How long a lasting fault (freeze, half-open, silent, slow, no-pong) lasts; `nil`: until `clear`.
    package var lastingSeconds: Double?

    package init(afterSeconds: Double = 0, afterAudioSeconds: Double = 0, lastingSeconds: Double? = nil) {
        self.afterSeconds = afterSeconds
        self.afterAudioSeconds = afterAudioSeconds
        self.lastingSeconds = lastingSeconds
    }
}
