import Crossing

/// Ends a device's loop from another thread, also out of a pause between two attempts to open.
package struct StopSwitch: Sendable {
    private let stopped = Flag()
    private let reopening = Flag()
    private let wake: WakeUp

    package init() throws(CrossingError) { wake = try WakeUp() }

    /// Asks the loop to end; it does within one wait for its device. Any thread, any number of times.
    package func stop() {
        stopped.set(true)
        wake.signal()
    }

    /// Asks the loop to give its handle up and open the device anew. Any thread.
    package func reopen() { reopening.set(true) }

    /// Whether somebody has asked for that since the last look. On the loop's thread.
    func takeReopening() -> Bool {
        guard reopening.isRaised else { return false }
        reopening.set(false)
        return true
    }

    package var isStopped: Bool { stopped.isRaised }

    /// Pauses the loop's thread, unless and until it is stopped.
    package func pause(milliseconds: Int32) {
        if !isStopped { _ = wake.wait(milliseconds: milliseconds) }
    }
}
