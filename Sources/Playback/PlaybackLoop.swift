import ALSA
import Audio
import Crossing
import DeviceRecovery

/// Which device to play on, and what to ask of it.
package struct PlaybackSettings: Sendable {
    /// An ALSA name, `hw:CARD=Speaker,DEV=0`.
    package var device: String
    /// Everything queued in the device is latency: three periods of 10 ms are a good wish.
    package var request: PCMRequest

    package init(device: String, request: PCMRequest) {
        self.device = device
        self.request = request
    }
}

/// The speaker's thread: ring to device, period after period, silence when the ring is empty, until it is
/// stopped.
///
/// Make it, keep its ``stopSwitch``, and hand it to a thread of its own (`SCHED_FIFO` where allowed) that
/// calls ``run()``. In steady state that thread allocates nothing, locks nothing, logs nothing and waits for
/// its device alone.
///
/// - The device's format is in `vitals.device.format`. Bytes are played while the last `opened` mark at or
///   before them says the same format; others are thrown away. Whoever fills the ring converts, and marks the
///   change.
/// - `vitals.heard` follows the sound through the device, to the frame, once a period.
/// - Raising `discardBefore` to an offset throws away everything before it, and silences the device within a
///   period if such sound is queued in it; what is queued behind goes with it.
/// - A device that is late, busy, gone or broken is waited for. The ring keeps what it holds meanwhile; what
///   was queued in the device is lost and counts as heard.
package final class PlaybackLoop {
    package let stopSwitch: StopSwitch
    private var keeper: DeviceKeeper
    private var engine: PlaybackEngine

    /// Bytes of silence at hand; longer silences are written piece by piece.
    package static let silenceBytes = 64 << 10

    /// `downlink` is signalled when `vitals.heard` has moved and when the device came or went. Throws when
    /// the system has no memory or descriptors left.
    package init(
        settings: PlaybackSettings, samples: consuming SampleConsumer, marks: consuming MarkConsumer,
        discardBefore: Gauge, downlink: WakeUp, vitals: PlaybackVitals
    ) throws(CrossingError) {
        let silence = try SampleRing(capacityBytes: Self.silenceBytes)
        let stop = try StopSwitch()
        stopSwitch = stop
        keeper = DeviceKeeper(
            device: settings.device, direction: .playback, request: settings.request, stop: stop,
            vitals: vitals.device)
        engine = PlaybackEngine(
            samples: samples, marks: marks, silence: silence.producer, discardBefore: discardBefore,
            downlink: downlink, vitals: vitals)
    }

    /// Plays until ``stopSwitch`` is thrown. Once, on the thread that is to own the device.
    package func run() {
        keeper.run(&engine)
    }
}
