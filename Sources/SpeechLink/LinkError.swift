import SpeechProtocol
import Timeline

/// Why there is no connection, in terms a person can act on. Never holds the key.
package enum LinkError: Error, Hashable, Sendable {
    /// The name has no address, or no name server answers. Remedy: network, DNS, spelling of `url`.
    case nameNotResolved(host: String)
    /// Nothing listens there. Remedy: start the service, or mend host and port of `url`.
    case connectionRefused(host: String, port: Int)
    /// No way there, or no answer from there; `code` is an errno, 0 where there is none. Remedy: network.
    case unreachable(host: String, port: Int, code: Int32)
    /// Nobody this machine trusts vouches for the certificate. Remedy: `ca_file`, or the clock.
    case certificateNotTrusted(host: String, today: String)
    /// The certificate is another host's. Remedy: host of `url`.
    case certificateForAnotherHost(host: String)
    /// This machine's clock stands before this program was made, so no certificate can be valid yet. Remedy:
    /// time synchronisation.
    case clockBehind(host: String, today: String)
    /// TLS failed otherwise.
    case tlsFailed(host: String, reason: String)
    /// The file with further certificate authorities cannot be used. Remedy: `ca_file`.
    case authoritiesUnreadable(path: String)
    /// No upgrade in time, though something answers there.
    case handshakeTimedOut(host: String)
    /// The service answered with a status of its own.
    case refused(host: String, Refusal)
    /// The service selected a subprotocol nobody offered. Remedy: `url` names another service.
    case foreignSubprotocol(host: String, selected: String)
    /// The answer to the upgrade is none. Remedy: `url` names something else than a WebSocket service.
    case notAWebSocket(host: String)
    /// The connection was open and ended.
    case closed(host: String, CloseCause)

    /// Whether only a change of settings can help, so that asking often is of no use.
    package var isLasting: Bool {
        switch self {
        case .refused(_, let refusal):
            switch refusal.classification {
            case .permanent, .unauthorized, .payment: true
            case .throttled, .transient: false
            }
        case .foreignSubprotocol, .notAWebSocket, .certificateForAnotherHost, .authoritiesUnreadable: true
        case .nameNotResolved, .connectionRefused, .unreachable, .certificateNotTrusted, .clockBehind,
            .tlsFailed,
            .handshakeTimedOut, .closed:
            false
        }
    }

    /// Whether it is this audio, or the request for it, that the service does not take; another session's may
    /// be welcome.
    package var isAboutTheAudio: Bool {
        switch self {
        case .refused(_, let refusal): refusal.classification == .permanent
        case .closed(_, .undecodableAudio): true
        default: false
        }
    }

    /// One sentence for people: what happened where, and what to do.
    package var sentence: String {
        if case .refused(let host, let refusal) = self { return "\(host): \(refusal.sentence)" }
        return message + (remedy.map { ": " + $0 } ?? "")
    }

    /// The part of `sentence` that says what happened where.
    package var message: String {
        switch self {
        case .nameNotResolved(let host): "\(host) has no address"
        case .connectionRefused(let host, let port): "nothing listens at \(host), port \(port)"
        case .unreachable(let host, let port, let code):
            "\(host), port \(port), cannot be reached\(code == 0 ? "" : " (errno \(code))")"
        case .certificateNotTrusted(let host, _): "the certificate of \(host) is not trusted"
        case .certificateForAnotherHost(let host): "the certificate shown is not for \(host)"
        case .clockBehind(let host, let today):
            "the certificate of \(host) cannot be checked, because the clock says \(today)"
        case .tlsFailed(let host, let reason): "TLS with \(host) failed: \(reason)"
        case .authoritiesUnreadable(let path): "\(path) is no readable file of PEM certificates"
        case .handshakeTimedOut(let host): "\(host) takes connections but does not answer"
        case .refused(let host, let refusal): "\(host): \(refusal.what)"
        case .foreignSubprotocol(let host, let selected):
            "\(host) selected the subprotocol `\(selected)`, which was not offered"
        case .notAWebSocket(let host): "what answers at \(host) is not a WebSocket service"
        case .closed(let host, let cause): "\(host): \(cause.sentence)"
        }
    }

    /// The part of `sentence` that says what to do; nil where there is nothing but to wait.
    package var remedy: String? {
        switch self {
        case .nameNotResolved: "check the network, its name server, and the host in `url`"
        case .connectionRefused: "check that the service runs, and `url`"
        case .unreachable: "check the network"
        case .certificateNotTrusted(_, let today):
            "for a private authority set `ca_file`; check also the clock, which says \(today)"
        case .certificateForAnotherHost: "check the host in `url`"
        case .clockBehind: "check time synchronisation"
        case .authoritiesUnreadable: "check `ca_file`"
        case .handshakeTimedOut: "the next attempt comes by itself"
        case .refused(_, let refusal): refusal.remedy
        case .foreignSubprotocol: "check `url` and `auth.scheme`"
        case .notAWebSocket: "check `url`"
        case .tlsFailed, .closed: nil
        }
    }
}

/// Where a link stands, for people and for the status.
package enum LinkState: Hashable, Sendable {
    /// Nothing to connect for.
    case idle
    case connecting
    /// The service's name for the connection, where it gave one.
    case open(requestID: String?)
    /// The next attempt comes at `until`.
    case waiting(until: BootTime, LinkError)
    /// As `waiting`, but settings must change before it can succeed; asked again rarely.
    case refused(until: BootTime, LinkError)
    /// The connection is being ended in order.
    case closing
    /// For good.
    case closed
}
