/// What a client reads from the socket.
package enum ServerLine: Sendable, Hashable, Decodable {
    case response(Response)
    case event(Event)

    private enum Key: String, CodingKey {
        case event
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self =
            container.contains(.event)
            ? .event(try Event(from: decoder)) : .response(try Response(from: decoder))
    }
}
