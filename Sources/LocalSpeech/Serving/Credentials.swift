/// Who may connect, and how a credential was carried.
package struct Credentials: Sendable, CustomStringConvertible {
    /// How a client proved itself.
    package enum Scheme: String, Equatable, Sendable {
        /// An API key.
        case token
        /// A temporary JWT.
        case bearer
    }

    /// What a request presented.
    package struct Presented: Equatable, Sendable {
        package var scheme: Scheme
        package var secret: String
        /// Whether it came by `Sec-WebSocket-Protocol`, so that the scheme is to be echoed there.
        package var bySubprotocol: Bool
    }

    /// `nil`: any credential will do.
    private let accepted: Set<String>?

    /// Accepts any credential, but no request without one.
    package static let any = Credentials(accepted: nil)

    private init(accepted: Set<String>?) { self.accepted = accepted }

    /// Accepts what the lines of `file` hold; blank lines and lines that begin with `#` are left out.
    package init(file: String) {
        let lines = file.split(whereSeparator: \.isNewline).map { Self.trimmed($0) }
        accepted = Set(lines.filter { !$0.isEmpty && !$0.hasPrefix("#") })
    }

    package var acceptsAny: Bool { accepted == nil }

    /// Never the secrets.
    package var description: String { accepted.map { "‹\($0.count) keys›" } ?? "‹any key›" }

    /// Finds the credential of a request: `token, KEY` or `bearer, JWT` in the subprotocol header (with or
    /// without the blank), or `Token KEY` / `Bearer JWT` in `Authorization`, scheme in any case.
    package static func presented(subprotocols: [String], authorization: String?) -> Presented? {
        let offered = subprotocols.flatMap { $0.split(separator: ",") }.map { Self.trimmed($0) }
        if offered.count >= 2, let scheme = Scheme(rawValue: offered[0].lowercased()) {
            return Presented(scheme: scheme, secret: offered[1], bySubprotocol: true)
        }
        guard let authorization else { return nil }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let scheme = Scheme(rawValue: parts[0].lowercased()) else { return nil }
        return Presented(scheme: scheme, secret: trimmed(parts[1]), bySubprotocol: false)
    }

    /// Whether the credential opens a connection. A JWT given as an API key does not, as with the real
    /// service.
    package func accept(_ presented: Presented?) -> Bool {
        guard let presented, !presented.secret.isEmpty else { return false }
        if presented.scheme == .token, Self.looksLikeJWT(presented.secret) { return false }
        return accepted?.contains(presented.secret) ?? true
    }

    private static func looksLikeJWT(_ secret: String) -> Bool {
        secret.hasPrefix("eyJ") && secret.count(where: { $0 == "." }) == 2
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
