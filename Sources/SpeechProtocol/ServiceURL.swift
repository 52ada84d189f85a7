/// Where a speech service listens: `ws[s]://host[:port][/path]`, checked.
///
/// Regional, dedicated and self-hosted services differ in all parts. `ws://` is taken for this machine only,
/// unless it is written out that the key may travel in the clear.
package struct ServiceURL: Hashable, Sendable {
    package let isSecure: Bool
    /// Lower-case name or address; an IPv6 address without brackets.
    package let host: String
    package let port: Int
    /// Begins with `/`, percent-encoded.
    package let path: String

    /// Which part of the address cannot be used, and what to write instead.
    package enum Failure: Error, Equatable {
        /// Neither `ws` nor `wss`. Remedy: `wss://` (for `https://`), `ws://` (for `http://`).
        case scheme(String)
        /// No host, or one that is no name or address (international names: in `xn--` form).
        case host(String)
        /// Not a number from 1 to 65 535.
        case port(String)
        /// A character that must be percent-encoded.
        case path(String)
        /// User and password have no place in it. Remedy: `auth.key_file`.
        case userInformation
        /// `?…` or `#…`. Remedy: parameters go under `listen.query` or `speak.query`.
        case query
        /// `ws://` to another machine would send key and speech in the clear. Remedy: `wss://`, or
        /// `insecure = true`.
        case insecure(host: String)
    }

    /// An address known to be right. `host` is lower-case, `path` begins with `/`.
    package init(isSecure: Bool, host: String, port: Int, path: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
    }

    /// Parses `text`; a URL without a path gets `defaultPath`.
    package init(parsing text: String, defaultPath: String, allowsInsecure: Bool = false) throws(Failure) {
        guard let (scheme, afterScheme) = Self.split(text, at: "://") else { throw .scheme("") }
        switch scheme.lowercased() {
        case "wss": isSecure = true
        case "ws": isSecure = false
        default: throw .scheme(String(scheme))
        }
        guard !afterScheme.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else {
            throw .query
        }
        let slash = afterScheme.firstIndex(of: "/") ?? afterScheme.endIndex
        let authority = afterScheme[..<slash]
        guard !authority.contains("@") else { throw .userInformation }
        let (name, portText) = try Self.hostAndPort(authority)
        host = try Self.checkedHost(name)
        port = try Self.checkedPort(portText) ?? (isSecure ? 443 : 80)
        let path = afterScheme[slash...]
        guard path.utf8.allSatisfy(Self.isPathByte), Self.hasWholeEscapes(path) else {
            throw .path(String(path))
        }
        self.path = path.isEmpty || path == "/" ? defaultPath : String(path)
        guard isSecure || allowsInsecure || Self.isLoopback(host) else { throw .insecure(host: host) }
    }

    /// The value of the `Host` header: without the default port, with which one of the service's hosts
    /// answers 404.
    package var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// For people: scheme, host, port if it matters, path. Holds no parameter and no secret.
    package var display: String { "\(isSecure ? "wss" : "ws")://\(hostHeader)\(path)" }

    private static func split(_ text: String, at separator: String) -> (Substring, Substring)? {
        var index = text.startIndex
        while index < text.endIndex {
            let rest = text[index...]
            if rest.hasPrefix(separator) { return (text[..<index], rest.dropFirst(separator.count)) }
            index = text.index(after: index)
        }
        return nil
    }

    private static func hostAndPort(_ authority: Substring) throws(Failure) -> (Substring, Substring?) {
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw .host(String(authority)) }
            let inside = authority[authority.index(after: authority.startIndex)..<bracket]
            guard inside.contains(":") else { throw .host(String(authority)) }
            let rest = authority[authority.index(after: bracket)...]
            if rest.isEmpty { return (inside, nil) }
            guard rest.hasPrefix(":") else { throw .host(String(authority)) }
            return (inside, rest.dropFirst())
        }
        guard let colon = authority.firstIndex(of: ":") else { return (authority, nil) }
        let rest = authority[authority.index(after: colon)...]
        // More colons: an IPv6 address that lacks its brackets.
        guard !rest.contains(":") else { throw .host(String(authority)) }
        return (authority[..<colon], rest)
    }

    private static func checkedPort(_ text: Substring?) throws(Failure) -> Int? {
        guard let text else { return nil }
        guard text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let port = Int(text), 1...65_535 ~= port else {
            throw .port(String(text))
        }
        return port
    }

    private static func checkedHost(_ name: Substring) throws(Failure) -> String {
        let host = name.lowercased()
        let legal =
            host.contains(":")
            ? host.utf8.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
            : isName(host)
        guard legal else { throw .host(String(name)) }
        return host
    }

    private static func isName(_ host: String) -> Bool {
        guard 1...253 ~= host.utf8.count else { return false }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        // One trailing dot is the root's; any other empty label is a slip.
        let named = labels.last?.isEmpty == true ? labels.dropLast() : labels[...]
        return !named.isEmpty
            && named.allSatisfy { label in
                1...63 ~= label.utf8.count
                    && label.utf8.allSatisfy { byte in
                        switch byte {
                        case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                        default: false
                        }
                    }
            }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "/-._~!$&'()*+,;=:@%".utf8.contains(byte)
        }
    }

    private static func hasWholeEscapes(_ path: Substring) -> Bool {
        let bytes = Array(path.utf8)
        return bytes.indices.allSatisfy { index in
            guard bytes[index] == UInt8(ascii: "%") else { return true }
            return index + 2 < bytes.count && isHexadecimal(bytes[index + 1])
                && isHexadecimal(bytes[index + 2])
        }
    }

    /// Whether the host is this machine.
    package var isLoopback: Bool { Self.isLoopback(host) }

    /// Whether `host` is this machine: `localhost` and below (RFC 6761), 127.0.0.0/8, `::1`.
    private static func isLoopback(_ host: String) -> Bool {
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        if name == "localhost" || name.hasSuffix(".localhost") || name == "::1" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
