import Crossing
import DeviceRecovery

/// What anyone may know of the playback thread. Written by it alone, read by any thread.
package struct PlaybackVitals: Sendable {
    package let device = DeviceVitals()
    /// Frames of sound written to the device.
    package let soundFrames = Counter()
    /// Frames of silence written to the device, for want of sound.
    package let silentFrames = Counter()
    /// Times sound was followed by silence: the end of an utterance, or a ring that was not fed in time.
    package let silences = Counter()
    /// Bytes of the ring thrown away unheard: stale by `discardBefore`, or in another format than the
    /// device's.
    package let discardedBytes = Counter()
    /// Offset in the ring: the sound of every byte before it has left the device, or never will (thrown away,
    /// or queued in a device that went away). Never goes back.
    package let heard = Gauge()

    package init() {}
}
