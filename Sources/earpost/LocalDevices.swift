import ControlProtocol

/// The sound devices as this process sees them.
enum LocalDevices {
    /// Lists them where no daemon could be asked, for `reason`.
    static func list(insteadOf reason: ToolError) throws(ToolError) -> [DeviceDescription] {
        // Until this program enumerates devices itself, the daemon's absence is the answer.
        throw reason
    }
}
