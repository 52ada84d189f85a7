import ControlProtocol

/// What one control server holds for its clients at most; a server with every client at its worst holds
/// 2 × 64 × (64 + 256 + 64) KiB = 48 MiB, a normal one some kilobytes.
package struct ServerLimits: Sendable {
    /// The longest request line, without its newline.
    package var requestBytes = ControlLimits.requestBytes
    /// Output a client has not read, beyond what the kernel holds for it (some 200 KiB): from here on events
    /// are lost to it and its requests wait.
    package var unreadBytes = 262_144
    /// Clients of one socket. A gateway, a few tools and a page of scripts; not a thousand.
    package var clients = 64
    /// Connections the kernel holds until they are accepted.
    package var backlog = 16

    package init() {}
}
