/// What a device's loop is doing, as its gauge says it to other threads.
package enum DeviceState: Int64, Sendable {
    /// The loop has not begun, or has ended.
    case stopped = 0
    /// Waiting for a device that is absent, busy or broken; the last error says which.
    case waiting = 1
    /// Frames move.
    case running = 2
    /// In trouble that may pass: an overrun, a suspend.
    case recovering = 3
}
