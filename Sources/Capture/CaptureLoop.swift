import ALSA
import Audio
import Crossing
import DeviceRecovery
import Timeline

/// Which device to capture from, and what to ask of it.
package struct CaptureSettings: Sendable {
    /// An ALSA name, `hw:CARD=Mic,DEV=0`.
    package var device: String
    package var request: PCMRequest

    package init(device: String, request: PCMRequest) {
        self.device = device
        self.request = request
    }
}

/// The microphone's thread: device to ring, period after period, until it is stopped.
///
/// Make it, keep its ``stopSwitch``, and hand it to a thread of its own (`SCHED_FIFO` where allowed) that
/// calls ``run()``. In steady state that thread allocates nothing, locks nothing, logs nothing and waits for
/// its device alone.
///
/// - A ring that is full is not waited for: frames are dropped, and a mark says how many.
/// - A device that is late, busy, gone or broken is waited for; marks say when it closed, when it opened, and
///   how many frames are missing in between, counted by the clock at the device's rate.
/// - An overrun costs the frames it costs; a mark says how many.
package final class CaptureLoop {
    package let stopSwitch: StopSwitch
    private var keeper: DeviceKeeper
    private var engine: CaptureEngine

    /// Bytes of the place where dropped frames are read to: a period of 20 ms at 192 kHz, 8 channels, 4
    /// bytes, and some more.
    package static let scratchBytes = 128 << 10

    /// `uplink` is signalled after each block that went into `samples` or was dropped. With `resumingAfter`,
    /// the frames of an earlier run of the program, on this boot, ended then: what has passed until the
    /// first device starts is missing for the cause `restart`, to the frame, sleep included. Throws when the
    /// system has no memory or descriptors left.
    package init(
        settings: CaptureSettings, samples: consuming SampleProducer, marks: consuming MarkProducer,
        uplink: WakeUp, vitals: CaptureVitals, resumingAfter end: BootTime? = nil
    ) throws(CrossingError) {
        let scratch = try SampleRing(capacityBytes: Self.scratchBytes)
        let stop = try StopSwitch()
        stopSwitch = stop
        let request = settings.request
        let wanted = PCMFormat(rate: request.rate, channels: request.channels, sample: request.formats[0])
        keeper = DeviceKeeper(
            device: settings.device, direction: .capture, request: request, stop: stop, vitals: vitals.device)
        engine = CaptureEngine(
            samples: samples, marks: marks, scratch: scratch.producer, wanted: wanted, uplink: uplink,
            vitals: vitals, resumingAfter: end)
    }

    /// Captures until ``stopSwitch`` is thrown. Once, on the thread that is to own the device.
    package func run() {
        keeper.run(&engine)
    }
}
