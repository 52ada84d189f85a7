import Crossing
import DeviceRecovery

/// What anyone may know of the capture thread. Written by it alone, read by any thread.
package struct CaptureVitals: Sendable {
    package let device = DeviceVitals()
    /// Frames put into the ring.
    package let frames = Counter()
    /// Wakes that brought frames.
    package let periods = Counter()
    /// Frames read from the device and dropped because a ring was full.
    package let overflowFrames = Counter()
    /// Frames the device lost, whether it said so or not, or would have captured while it was away.
    package let missingFrames = Counter()

    package init() {}
}
