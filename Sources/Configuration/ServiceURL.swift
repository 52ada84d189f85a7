/// The address of a WebSocket service: scheme, host, port and path, and nothing else.
///
/// Parameters have keys of their own and names and passwords have no business here, so both are refused.
package struct ServiceURL: Sendable, Equatable, CustomStringConvertible {
    /// Why a text is not such an address; the message says what is wrong without repeating the text.
    package enum Fault: Error, Equatable {
        case scheme, userInformation, parameters, host, port, path
    }

    /// `wss` rather than `ws`.
    package let isSecure: Bool
    /// A name, an IPv4 address, or an IPv6 address without its brackets; lower case.
    package let host: String
    /// 1 to 65 535.
    package let port: Int
    /// Begins with `/`.
    package let path: String

    init(isSecure: Bool, host: String, port: Int, path: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
    }

    package init(_ text: String) throws(Fault) {
        let lower = text.lowercased()
        let schemes = [("wss://", true), ("ws://", false)]
        guard let (scheme, secure) = schemes.first(where: { lower.hasPrefix($0.0) }) else { throw .scheme }
        let rest = text.dropFirst(scheme.count)
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else { throw .parameters }
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        guard !authority.contains("@") else { throw .userInformation }
        guard path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .path }
        let (host, port) = try Self.split(authority)
        self.init(
            isSecure: secure, host: host, port: port ?? (secure ? 443 : 80),
            path: path.isEmpty ? "/" : String(path))
    }

    /// On this machine: `localhost`, 127.0.0.0/8 or ::1.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The address again, its port only where it is not the scheme's own.
    package var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let number = port == (isSecure ? 443 : 80) ? "" : ":\(port)"
        return (isSecure ? "wss://" : "ws://") + name + number + path
    }

    private static func split(_ authority: Substring) throws(Fault) -> (host: String, port: Int?) {
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw .host }
            let host = authority[authority.index(after: authority.startIndex)..<end].lowercased()
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                throw .host
            }
            return (host, try port(authority[authority.index(after: end)...]))
        }
        let host = authority.prefix { $0 != ":" }
        let isName = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isName, !host.isEmpty, host.count <= 253 else { throw .host }
        return (host.lowercased(), try port(authority.dropFirst(host.count)))
    }

    private static func port(_ text: Substring) throws(Fault) -> Int? {
        if text.isEmpty { return nil }
        guard text.first == ":", let port = UInt16(text.dropFirst()), port > 0 else { throw .port }
        return Int(port)
    }
}

extension ServiceURL.Fault {
    /// What to write instead, as the end of a sentence.
    var remedy: String {
        switch self {
        case .scheme: "Begin it with wss:// (or ws:// for a service on this machine)."
        case .userInformation: "Take out what stands before the @; the key comes from auth.key_file."
        case .parameters:
            "Take out what begins with ? or #; parameters go into the query table beside the url."
        case .host: "Name a host after the //; an IPv6 address stands in brackets."
        case .port: "Write a port from 1 to 65535 after the host, or none."
        case .path: "Write the path in visible ASCII, other characters percent-encoded."
        }
    }
}
