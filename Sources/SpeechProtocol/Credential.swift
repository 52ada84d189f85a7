/// How the agent proves to the speech service who pays.
package struct Credential: Hashable, Sendable {
    /// How the key is presented: the first word of the `Authorization` header.
    package enum Scheme: String, Sendable, CaseIterable {
        /// A key that does not expire.
        case token
        /// A temporary JWT.
        case bearer
        /// A service of one's own that asks for nothing.
        case none
    }

    /// Why the text of a file is no key. Each case says what to do with the file.
    package enum Failure: Error, Equatable {
        /// The file has nothing but white space. Remedy: write the key into it.
        case empty
        /// The byte at `offset` may not stand in a key. Remedy: the file holds the key alone, without quotes,
        /// without `Token ` before it.
        case illegalCharacter(offset: Int)
        /// Longer than any key. Remedy: this is another file.
        case tooLong
    }

    package let scheme: Scheme
    private let secret: Secret?

    /// For a service that asks for no credential.
    package static let none = Credential()

    private init() {
        scheme = .none
        secret = nil
    }

    /// A credential from what a key file holds: white space and line ends around the key are dropped.
    ///
    /// The key travels in `Sec-WebSocket-Protocol`, so it must be a token of HTTP (RFC 9110 §5.6.2): letters,
    /// digits and ``!#$%&'*+-.^_`|~``. Keys (40 hexadecimal digits) and JWTs are.
    package init(scheme: Scheme, contents: String) throws(Failure) {
        self.scheme = scheme
        guard scheme != .none else {
            secret = nil
            return
        }
        let blank: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        var bytes = Substring(contents).utf8
        // A file made on Windows may begin with a byte order mark.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        bytes = bytes.drop { blank.contains($0) }
        while let last = bytes.last, blank.contains(last) { bytes.removeLast() }
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Limits.credentialBytesMax else { throw .tooLong }
        for (offset, byte) in bytes.enumerated() where !Self.isTokenByte(byte) {
            throw .illegalCharacter(offset: offset)
        }
        secret = Secret(String(Substring(bytes)))
    }

    /// The value of the one header `Sec-WebSocket-Protocol`: the scheme, a comma, one space, the key. Nil
    /// without a credential. (Without the space the service has answered 401.)
    package var subprotocolHeader: Secret? {
        secret.map { secret in secret.withValue { Secret("\(scheme.rawValue), \($0)") } }
    }

    /// Whether the service may have selected `subprotocol`: what was offered, or nothing.
    ///
    /// RFC 6455 lets a server select none, and proxies strip it; one that selects what was not offered speaks
    /// another protocol.
    package func accepts(subprotocol: String?) -> Bool {
        guard let subprotocol, !subprotocol.isEmpty else { return true }
        return scheme != .none && subprotocol.lowercased() == scheme.rawValue
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
