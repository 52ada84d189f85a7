/// What a connection may do; each of the two sockets gives one.
package enum Access: String, Sendable, Codable, CaseIterable {
    /// Everything.
    case control
    /// Reading only.
    case observe
}
