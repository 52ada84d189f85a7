/// Judges the request head of a would-be connection. Pure.
package struct Admission: Equatable, Sendable {
    /// What the connection is for.
    package enum Purpose: Equatable, Sendable {
        case listen(ListenParameters)
        case speak(SpeakParameters)

        var service: FaultCommand.Service {
            switch self {
            case .listen: .listen
            case .speak: .speak
            }
        }
    }

    package var purpose: Purpose
    /// What to select in the answer's `Sec-WebSocket-Protocol`; `nil` when the credential came otherwise.
    package var subprotocol: String?

    /// Which service a path belongs to.
    package static func service(path: String) -> FaultCommand.Service? {
        switch path {
        case "/v1/listen": .listen
        case "/v1/speak": .speak
        default: nil
        }
    }

    /// - Throws: what to answer instead of an upgrade. The credential is judged first.
    package init(
        service: FaultCommand.Service, target: String, subprotocols: [String], authorization: String?,
        credentials: Credentials
    ) throws(RequestRefusal) {
        let presented = Credentials.presented(subprotocols: subprotocols, authorization: authorization)
        guard let presented, credentials.accept(presented) else { throw .invalidAuth }
        let query = QueryParameters(target: target)
        purpose =
            service == .speak
            ? .speak(try SpeakParameters(query: query)) : .listen(try ListenParameters(query: query))
        subprotocol = presented.bySubprotocol ? presented.scheme.rawValue : nil
    }
}
