/// Why a connection ended, read from the WebSocket close code and its reason.
///
/// The service writes its own code either plainly (`NET-0001`) or within a sentence
/// (`… See https://dpgr.am/net0001`), in any case.
package enum CloseCause: Hashable, Sendable {
    /// 1000: as announced.
    case normal
    /// 1001, 1012: the service goes away, mostly to be renewed.
    case goingAway
    /// DATA-0000: it cannot be decoded as audio. Once may be bad luck; again and again it is the encoding.
    case undecodableAudio
    /// NET-0000: the service had nothing to say within its window.
    case serviceSilent
    /// NET-0001: nothing came from us within its window.
    case clientSilent
    /// The service's own code, which is none of the above (`DATA-0001`, `NET-0003`, …), in upper case.
    case service(code: String)
    /// 1002, 1003, 1007, 1009, 1010: one side broke the rules of WebSocket.
    case protocolViolation(code: UInt16)
    /// 1008 without a code of the service.
    case policy
    /// 1011, 1013, 1014 without a code of the service.
    case internalError
    /// The close frame had no code (1005).
    case noStatus
    /// The transport ended without a close frame (1006).
    case dropped
    /// Any other code.
    case other(code: UInt16)

    // Ours: the connection was given up here.

    /// Nothing came back, not even the answer to a ping.
    case peerFrozen
    /// What was sent did not leave.
    case sendingStuck
    /// The transport lives, but audio found no answer, nor did Finalize.
    case serviceUnanswering
    /// The service did not finish after CloseStream.
    case endUnanswered

    /// Whether the connection was given up here rather than ended by the other side.
    package var isOurs: Bool {
        switch self {
        case .peerFrozen, .sendingStuck, .serviceUnanswering, .endUnanswered: true
        default: false
        }
    }

    /// Reads a close frame: `code` nil where it carries none. For a transport that ended without one use
    /// `.dropped`.
    package init(code: UInt16?, reason: String) {
        let named = Self.serviceCode(in: reason)
        self =
            switch (code, named) {
            case (_, "DATA-0000"): .undecodableAudio
            case (_, "NET-0000"): .serviceSilent
            case (_, "NET-0001"): .clientSilent
            case (_, let named?): .service(code: named)
            case (nil, nil), (1005, nil): .noStatus
            case (1000, nil): .normal
            case (1001, nil), (1012, nil): .goingAway
            case (1002, nil), (1003, nil), (1007, nil), (1009, nil), (1010, nil):
                .protocolViolation(code: code ?? 1002)
            case (1006, nil): .dropped
            case (1008, nil): .policy
            case (1011, nil), (1013, nil), (1014, nil): .internalError
            case (let code?, nil): .other(code: code)
            }
    }

    /// `NET-0001` from `net0001`, `NET-0001` or a sentence with either in it.
    private static func serviceCode(in reason: String) -> String? {
        let bytes = Array(reason.prefix(256).uppercased().utf8)
        for name in ["NET", "DATA", "MESSAGE", "BIG"] {
            let letters = Array(name.utf8)
            for start in bytes.indices where bytes[start...].starts(with: letters) {
                var digits = bytes[(start + letters.count)...]
                if digits.first == UInt8(ascii: "-") { digits.removeFirst() }
                let number = digits.prefix { 0x30...0x39 ~= $0 }
                if number.count == 4 { return "\(name)-\(String(decoding: number, as: UTF8.self))" }
            }
        }
        return nil
    }

    /// One clause for people.
    package var sentence: String {
        switch self {
        case .normal: "closed as announced"
        case .goingAway: "the service went away"
        case .undecodableAudio:
            "the service cannot decode what it gets as audio (DATA-0000): "
                + "check `listen.encoding` and the rate"
        case .serviceSilent: "the service gave up on its own answer (NET-0000)"
        case .clientSilent: "no audio reached the service in time (NET-0001)"
        case .service(let code): "the service closed with \(code)"
        case .protocolViolation(let code): "the connection broke the WebSocket protocol (\(code))"
        case .policy: "the service closed for a matter of policy (1008)"
        case .internalError: "the service failed within (1011)"
        case .noStatus: "the service closed without a reason"
        case .dropped: "the connection broke off"
        case .other(let code): "the service closed with code \(code)"
        case .peerFrozen: "nothing came back any more, not even an answer to a ping"
        case .sendingStuck: "what was sent did not leave this machine any more"
        case .serviceUnanswering: "the service took audio and did not answer, not even when asked (Finalize)"
        case .endUnanswered: "the service did not finish in time after CloseStream"
        }
    }

    /// What a person can do if it happens again and again; nil where the next connection is all there is.
    package var remedy: String? {
        switch self {
        case .undecodableAudio: "set `listen.encoding` and the rate to what the service decodes"
        case .peerFrozen, .sendingStuck:
            "audio is kept and sent again; if it happens often, look at the network: signal, router, VPN"
        case .serviceUnanswering:
            "audio is kept and sent again; if it happens often, the service is overloaded, or `listen.model` "
                + "and `listen.encoding` do not fit it"
        case .endUnanswered: "what is not answered is kept and sent again at the next start"
        case .policy: "ask the service's operator; `listen.query` may hold what it does not allow"
        case .protocolViolation: "check that `listen.url` leads to the service itself, not to a proxy"
        default: nil
        }
    }
}
