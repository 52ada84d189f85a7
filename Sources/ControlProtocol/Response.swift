/// What the daemon answers to one request, one line of JSON: `{"v":1,"id":7,"ok":true}`.
package struct Response: Sendable, Hashable {
    /// What was asked for, or why not.
    package enum Body: Sendable, Hashable {
        /// It is done.
        case done
        case status(StatusSnapshot)
        /// These events follow.
        case tail([EventKind])
        case say(SayProgress)
        case devices([DeviceDescription])
        case config(ConfigurationReport)
        case failed(ControlError)

        /// Whether no further response to the same request follows.
        package var isLast: Bool {
            if case .say(let progress) = self { progress.state != .accepted } else { true }
        }
    }

    /// The request's; nil where it could not be read.
    package var id: Int?
    package var body: Body

    package init(id: Int?, _ body: Body) {
        self.id = id
        self.body = body
    }
}

extension Response: Codable {
    private enum Key: String, CodingKey {
        case version = "v"
        case id, ok, status, tail, say, devices, config, error
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decodeIfPresent(Int.self, forKey: .id)
        if try !container.decode(Bool.self, forKey: .ok) {
            body = .failed(try container.decode(ControlError.self, forKey: .error))
        } else if let status = try container.decodeIfPresent(StatusSnapshot.self, forKey: .status) {
            body = .status(status)
        } else if let kinds = try container.decodeIfPresent([String].self, forKey: .tail) {
            body = .tail(kinds.compactMap(EventKind.init(rawValue:)))
        } else if let progress = try container.decodeIfPresent(SayProgress.self, forKey: .say) {
            body = .say(progress)
        } else if let devices = try container.decodeIfPresent([DeviceDescription].self, forKey: .devices) {
            body = .devices(devices)
        } else if let report = try container.decodeIfPresent(ConfigurationReport.self, forKey: .config) {
            body = .config(report)
        } else {
            body = .done
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(ControlLimits.version, forKey: .version)
        try container.encode(id, forKey: .id)
        try container.encode(isOK, forKey: .ok)
        switch body {
        case .done: break
        case .status(let status): try container.encode(status, forKey: .status)
        case .tail(let kinds): try container.encode(kinds, forKey: .tail)
        case .say(let progress): try container.encode(progress, forKey: .say)
        case .devices(let devices): try container.encode(devices, forKey: .devices)
        case .config(let report): try container.encode(report, forKey: .config)
        case .failed(let error): try container.encode(error, forKey: .error)
        }
    }

    private var isOK: Bool {
        if case .failed = body { false } else { true }
    }
}
