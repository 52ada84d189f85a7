/// Why a request was not fulfilled, and what to do about it.
package struct ControlError: Error, Sendable, Hashable, Codable {
    /// A word programs may rely on. Clients take unknown ones as they are.
    package struct Code: RawRepresentable, Sendable, Hashable, Codable {
        package var rawValue: String

        package init(rawValue: String) { self.rawValue = rawValue }

        /// The line is no JSON object.
        package static let badJSON = Code(rawValue: "bad_json")
        /// A field is missing, of the wrong type or out of range.
        package static let badRequest = Code(rawValue: "bad_request")
        /// The line is longer than `ControlLimits.requestBytes`.
        package static let tooLong = Code(rawValue: "too_long")
        /// The request's version is not spoken here.
        package static let unsupportedVersion = Code(rawValue: "unsupported_version")
        /// There is no such verb.
        package static let unknownVerb = Code(rawValue: "unknown_verb")
        /// An acting verb came through the observe socket.
        package static let readOnly = Code(rawValue: "read_only")
        /// As many clients are connected as are served.
        package static let busy = Code(rawValue: "busy")
        /// What was asked for is switched off or absent, for instance a speaker.
        package static let unavailable = Code(rawValue: "unavailable")
        /// It was tried and failed.
        package static let failed = Code(rawValue: "failed")
        /// A fault of the program.
        package static let internalError = Code(rawValue: "internal_error")
    }

    package var code: Code
    /// A sentence that names the thing in question.
    package var message: String
    /// What a person can do about it.
    package var remedy: String

    package init(code: Code, message: String, remedy: String) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }
}
