/// One `name=value` of a request. Values may repeat under one name (`keyterm`, `tag`, …); the service wants
/// them repeated, never joined by commas.
package struct QueryParameter: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    package init(_ name: String, _ value: Int) { self.init(name, String(value)) }

    /// Lower-case `true` or `false`, as the service wants them.
    package init(_ name: String, _ value: Bool) { self.init(name, value ? "true" : "false") }
}

extension Sequence<QueryParameter> {
    /// `name=value&…`, every byte outside of RFC 3986's unreserved set percent-encoded.
    package var queryString: String {
        map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&")
    }
}

private func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            bytes.append(byte)
        default:
            bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
