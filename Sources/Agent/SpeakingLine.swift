import Audio
import Configuration
import Crossing
import DeviceRecovery
import Downlink
import Playback
import SignalChain
import System

/// Speech to speaker: the queue, the ring, and the playback thread. Runs from `init` on.
final class SpeakingLine {
    /// 0.3 s of 8 channels at 48 kHz with 4 bytes: what the event loop may be late, and no more than barge-in
    /// forgets.
    static let sampleRingBytes = 512 << 10
    static let markRingMarks = 64

    let playback = PlaybackVitals()
    let queue: DownlinkQueue
    let isRealtime: Bool
    private let stopPlayback: StopSwitch
    private var thread: WorkerThread?

    init(_ configuration: AgentConfiguration, settings: PlaybackSettings) throws {
        let samples = try SampleRing(capacityBytes: Self.sampleRingBytes)
        let marks = try MarkRing(capacity: Self.markRingMarks)
        let discardBefore = Gauge()
        queue = DownlinkQueue(
            settings: DownlinkSettings(
                rate: configuration.speak.rate, gain: Gain(decibels: configuration.playback.volumeDecibels)),
            speaker: SpeakerGauges(
                format: playback.device.format, heard: playback.heard, discardBefore: discardBefore),
            ring: samples.producer, marks: marks.producer)
        // The queue looks every 20 ms while it has something: playback need not wake it.
        let loop = try PlaybackLoop(
            settings: settings, samples: samples.consumer, marks: marks.consumer,
            discardBefore: discardBefore,
            downlink: try WakeUp(), vitals: playback)
        stopPlayback = loop.stopSwitch
        let thread = try WorkerThread(name: "playback", priority: configuration.playback.realtimePriority) {
            loop.run()
        }
        isRealtime = thread.isRealtime
        self.thread = consume thread
    }

    /// Ends the thread.
    func stop() {
        stopPlayback.stop()
        thread.take()?.join()
    }

    /// Whoever forgets the line ends it: no thread outlives what it works on.
    deinit { stop() }
}
