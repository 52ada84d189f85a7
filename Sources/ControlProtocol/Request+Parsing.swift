extension Request {
    /// Why a line is no request; `id` is the line's, where it has one.
    package struct Refusal: Error, Sendable, Hashable {
        /// The line's, where it has one.
        package var id: Int?
        /// What to answer.
        package var error: ControlError
    }

    /// What a line may hold before anything is asked of it.
    private struct Fields: Decodable {
        var v: Int
        var id: Int?
        var `do`: String
        var events: [String]?
        var text: String?
        var utterance: String?
    }

    private struct Identity: Decodable {
        var id: Int?
    }

    /// The request a client's line holds, or why it holds none. Never traps, whatever the line.
    package static func parse(_ line: some Collection<UInt8>) -> Result<Request, Refusal> {
        guard line.count <= ControlLimits.requestBytes else {
            return .failure(Refusal(id: nil, error: .lineTooLong))
        }
        let fields: Fields
        do throws(JSONLine.Failure) {
            fields = try JSONLine.decode(from: line)
        } catch {
            return .failure(refusal(of: line, because: error))
        }
        return verb(of: fields).map { Request(id: fields.id ?? 0, $0) }
            .mapError { Refusal(id: fields.id, error: $0) }
    }

    private static func refusal(of line: some Collection<UInt8>, because failure: JSONLine.Failure) -> Refusal
    {
        switch failure {
        case .malformed(let reason), .unwritable(let reason):
            let error = ControlError(
                code: .badJSON, message: "The line is no JSON: \(reason)",
                remedy: #"Send one object per line, such as {"v":1,"id":1,"do":"status"}."#)
            return Refusal(id: nil, error: error)
        case .mismatched(let reason):
            let id = (try? JSONLine.decode(Identity.self, from: line))?.id
            return Refusal(id: id, error: .badRequest("\(reason)."))
        }
    }

    private static func verb(of fields: Fields) -> Result<Verb, ControlError> {
        guard fields.v == ControlLimits.version else {
            return .failure(
                ControlError(
                    code: .unsupportedVersion,
                    message: "Version \(fields.v) of the protocol is not spoken here.",
                    remedy: "Use version \(ControlLimits.version), or a program of the daemon's release."))
        }
        switch fields.do {
        case "status": return .success(.status)
        case "tail": return tail(fields.events)
        case "say": return say(fields)
        case "stop": return .success(.stop)
        case "mute": return .success(.mute)
        case "unmute": return .success(.unmute)
        case "pause": return .success(.pause)
        case "resume": return .success(.resume)
        case "devices": return .success(.devices)
        case "config": return .success(.config)
        default:
            return .failure(
                ControlError(
                    code: .unknownVerb, message: "There is no verb \"\(fields.do)\".",
                    remedy: "Use one of \(Verb.names.joined(separator: ", "))."))
        }
    }

    private static func tail(_ names: [String]?) -> Result<Verb, ControlError> {
        guard let names else { return .success(.tail(EventKind.unasked)) }
        var kinds: [EventKind] = []
        for name in names {
            guard let kind = EventKind(rawValue: name) else {
                let known = EventKind.allCases.map(\.rawValue).joined(separator: ", ")
                return .failure(.badRequest("events: there is no \"\(name)\"; there are \(known)."))
            }
            if !kinds.contains(kind) { kinds.append(kind) }
        }
        return .success(.tail(kinds))
    }

    private static func say(_ fields: Fields) -> Result<Verb, ControlError> {
        guard let text = fields.text else { return .failure(.badRequest("text is missing.")) }
        guard !text.allSatisfy(\.isWhitespace) else { return .failure(.badRequest("text is empty.")) }
        guard fields.utterance != "" else { return .failure(.badRequest("utterance is empty.")) }
        return .success(.say(text: text, utterance: fields.utterance))
    }
}

extension ControlError {
    /// A line beyond `ControlLimits.requestBytes`.
    package static let lineTooLong = ControlError(
        code: .tooLong, message: "The line is longer than \(ControlLimits.requestBytes) bytes.",
        remedy: "Send less in one request; a long text can be spoken in several.")

    /// `verb` came through the observe socket.
    package static func readOnly(_ verb: Request.Verb) -> ControlError {
        ControlError(
            code: .readOnly, message: "\"\(verb.name)\" acts, and this socket is for reading.",
            remedy: "Use the control socket.")
    }

    fileprivate static func badRequest(_ message: String) -> ControlError {
        ControlError(code: .badRequest, message: message, remedy: "docs/CONTROL.md shows every request.")
    }
}
