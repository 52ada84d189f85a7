/// An answer to the upgrade that is not 101: what the service said, and what it means.
package struct Refusal: Hashable, Sendable {
    package let status: Int
    /// The service's own word for it (`INVALID_AUTH`, …), where it gives one.
    package let code: String?
    /// The service's own sentence, from `dg-error` or the body; one line, at most 400 characters.
    package let message: String?
    /// `dg-request-id`; what the service's support asks for.
    package let requestID: String?
    package let retryAfter: Duration?

    /// Reads head and body (one of: plain text, `{err_code, err_msg, request_id}`, `{category, message,
    /// details, request_id}`). Header names in any case; no header and no body are needed.
    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name }?.value
        }
        let parsed = MessageCodec().refusalBody(from: body)
        let plain = String(decoding: body.prefix(2_048), as: UTF8.self)
        // Somebody's proxy answers in HTML; that is nothing to show.
        let text = parsed != nil || plain.contains("<") ? nil : plain
        self.status = status
        code = parsed?.code.flatMap(Self.oneLine)
        message =
            [header("dg-error"), parsed?.message, text].lazy.compactMap { $0.flatMap(Self.oneLine) }.first
        requestID =
            [header("dg-request-id"), parsed?.requestID].lazy.compactMap { $0.flatMap(Self.oneLine) }.first
        retryAfter = header("retry-after").flatMap { text in
            // The other form, a date, would need the wall clock.
            Int(text.filter { $0 != " " }).flatMap { seconds in
                seconds >= 0 ? min(.seconds(min(seconds, 86_400)), Limits.retryAfterMax) : nil
            }
        }
    }

    /// What waiting can do about it.
    package enum Classification: Hashable, Sendable {
        /// Nothing: the request itself must change.
        case permanent
        /// Nothing: the key must change.
        case unauthorized
        /// Nothing: the account must be topped up.
        case payment
        /// Much: too many connections, or the service asks for patience.
        case throttled(retryAfter: Duration?)
        /// Much: the service is unwell.
        case transient
    }

    package var classification: Classification {
        switch status {
        case 401: .unauthorized
        case 402: .payment
        case 429: .throttled(retryAfter: retryAfter)
        case 408, 425, 499: .transient
        case 500...: retryAfter == nil ? .transient : .throttled(retryAfter: retryAfter)
        default: .permanent
        }
    }

    /// One sentence: what happened and what to change.
    package var sentence: String { what + "; " + remedy }

    /// The part of `sentence` that says what happened.
    package var what: String {
        var text = "the service refused the connection with status \(status)"
        if let message { text += ": \(message)" }
        if let code { text += " (\(code))" }
        if let requestID { text += " [request \(requestID)]" }
        return text
    }

    /// The part of `sentence` that says what to change.
    package var remedy: String {
        switch status {
        case 300...399: "this address points elsewhere: set `url` to the service itself"
        case 400: "check the model, the encoding and the parameters under `query`"
        case 401:
            "check the key in `auth.key_file`, and that `auth.scheme` fits it "
                + "(a key: `token`, a JWT: `bearer`)"
        case 402: "the account has no credit: top it up; audio is kept and sent then"
        case 403:
            "this key may not use this model or feature: give it the right, or change `model` or `query`"
        case 404: "there is no such service at this address: check host and path of `url`"
        case 407: "a proxy asks for a password"
        case 414: "the request is too long: use fewer key terms under `query`"
        case 426: "this address does not speak WebSocket: check `url`"
        case 429: "too many connections of this project at a time: the next attempt comes by itself"
        case 408, 425, 499, 500...: "the next attempt comes by itself"
        default: "check `url` and the parameters under `query`"
        }
    }

    private static func oneLine(_ text: String) -> String? {
        let line = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }
            .joined().split(separator: " ").joined(separator: " ").prefix(400)
        return line.isEmpty ? nil : String(line)
    }
}
