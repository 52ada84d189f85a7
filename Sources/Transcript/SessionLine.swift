import Audio
import Timeline

/// What a session is: the first line of every file.
package struct SessionLine: Sendable, Hashable, Codable {
    /// The version of the format, `TranscriptLine.version`.
    package var version = TranscriptLine.version
    /// The session's name, the same on every line of the file.
    package var session: String
    /// When position 0 was captured, RFC 3339 UTC.
    package var started: String
    /// The uplink rate, in hertz: `start` × `rate` is a whole number of frames.
    package var rate: Int
    /// Channels sent to the service.
    package var channels: Int
    /// `opus` or `linear16`.
    package var encoding: String
    /// The service's model; empty where none is named.
    package var model: String
    /// The name of the machine.
    package var host: String?
    /// The program that wrote the file, with its version.
    package var program: String
    /// The session before this one; `null` where there is none.
    package var predecessor: String?

    private enum CodingKeys: String, CodingKey {
        case version = "v"
        case session, started, rate, channels, encoding, model, host, program, predecessor
    }

    package init(
        session: String, started: WallTime, rate: SampleRate, channels: Int, encoding: AudioEncoding,
        model: String,
        host: String? = nil, program: String, predecessor: String? = nil
    ) {
        self.session = session
        self.started = started.rfc3339
        self.rate = rate.hertz
        self.channels = channels
        self.encoding = encoding.rawValue
        self.model = model
        self.host = host
        self.program = program
        self.predecessor = predecessor
    }

    /// As synthesised, but a missing predecessor is written out as `null`: it is a statement.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(session, forKey: .session)
        try container.encode(started, forKey: .started)
        try container.encode(rate, forKey: .rate)
        try container.encode(channels, forKey: .channels)
        try container.encode(encoding, forKey: .encoding)
        try container.encode(model, forKey: .model)
        try container.encodeIfPresent(host, forKey: .host)
        try container.encode(program, forKey: .program)
        try container.encode(predecessor, forKey: .predecessor)
    }
}
