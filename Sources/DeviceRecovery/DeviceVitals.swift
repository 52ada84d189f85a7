import Crossing

/// What anyone may know of a device in the care of a ``DeviceKeeper``.
package struct DeviceVitals: Sendable {
    /// A ``DeviceState``.
    package let state = Gauge()
    /// What the open device agreed to, as `PCMFormat.packed`; 0 while none is open.
    package let format = Gauge()
    /// Frames per period of the open device; 0 while none is open.
    package let periodFrames = Gauge()
    /// Frames the open device buffers; 0 while none is open.
    package let bufferFrames = Gauge()
    /// The negative errno of the last failure, an attempt to open included; 0: none yet.
    package let lastError = Gauge()
    /// Times the device ran over (capture) or dry (playback).
    package let xruns = Counter()
    /// Times the machine was suspended under the device.
    package let suspends = Counter()
    /// Handles opened and configured.
    package let opens = Counter()
    /// Handles given up because no frame came though nothing was said to be wrong.
    package let hangs = Counter()

    package init() {}
}
