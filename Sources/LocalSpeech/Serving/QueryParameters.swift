/// The decoded query of a request target: names and values in order, names possibly repeated.
package struct QueryParameters: Equatable, Sendable {
    /// One `name=value`.
    package struct Item: Equatable, Sendable {
        package var name: String
        package var value: String
    }

    package var items: [Item]

    package init(items: [Item]) { self.items = items }

    /// Splits and percent-decodes what follows the `?` of `target`; `+` is a space.
    package init(target: String) {
        guard let mark = target.firstIndex(of: "?") else {
            items = []
            return
        }
        items = target[target.index(after: mark)...].split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Item(
                name: Self.decoded(parts[0]), value: parts.count == 2 ? Self.decoded(parts[1]) : "")
        }
    }

    /// The first value of `name`.
    package subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// The path of a request target, without its query.
    package static func path(of target: String) -> String {
        String(target.prefix { $0 != "?" })
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = iterator.next(), let low = iterator.next(),
                    let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
                else { continue }
                bytes.append(value)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A lower-case `true` or `false`, or `fallback` if `name` is absent; anything else is refused, as the
    /// service does (`True` was a client bug once).
    package func boolean(_ name: String, otherwise fallback: Bool = false) throws(RequestRefusal) -> Bool {
        switch self[name] {
        case nil: return fallback
        case "true": return true
        case "false": return false
        case .some(let other): throw .invalidQuery("\(name) must be true or false, not '\(other)'")
        }
    }

    /// A whole number within `range`, or `nil` if `name` is absent.
    package func integer(_ name: String, in range: ClosedRange<Int>) throws(RequestRefusal) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .invalidQuery(
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}

/// Why a request is answered with an HTTP error instead of an upgrade: status, and the body's `err_code` and
/// `err_msg`.
package struct RequestRefusal: Error, Equatable, Sendable {
    package var status: Int
    package var code: String
    package var message: String
    /// Seconds for a `Retry-After` header.
    package var retryAfterSeconds: Int?

    package init(status: Int, code: String, message: String, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// 400 for a parameter that is wrong or missing.
    package static func invalidQuery(_ message: String) -> RequestRefusal {
        RequestRefusal(status: 400, code: "INVALID_QUERY_PARAMETER", message: message)
    }

    /// 400 for audio this service cannot take or make.
    package static func unsupportedFormat(_ message: String) -> RequestRefusal {
        RequestRefusal(status: 400, code: "UNSUPPORTED_AUDIO_FORMAT", message: message)
    }

    /// 401 for a missing or unknown credential.
    package static let invalidAuth = RequestRefusal(
        status: 401, code: "INVALID_AUTH", message: "Invalid credentials.")

    /// What the real service is known to say for `status`.
    package static func standard(_ status: Int, retryAfterSeconds: Int? = nil) -> RequestRefusal {
        let (code, message) =
            switch status {
            case 400: ("Bad Request", "No such model/version combination found.")
            case 401: ("INVALID_AUTH", "Invalid credentials.")
            case 402: ("ASR_PAYMENT_REQUIRED", "Project does not have enough credits for an ASR request.")
            case 403: ("INSUFFICIENT_PERMISSIONS", "Project does not have access to the requested model.")
            case 404: ("NOT_FOUND", "Not found.")
            case 429: ("TOO_MANY_REQUESTS", "Too many requests. Please try again later.")
            case 503: ("Service Unavailable", "The service is temporarily unavailable.")
            case 504: ("Gateway Timeout", "The service did not answer in time.")
            default: ("Internal Server Error", "Something went wrong.")
            }
        return RequestRefusal(
            status: status, code: code, message: message, retryAfterSeconds: retryAfterSeconds)
    }
}
