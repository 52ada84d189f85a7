import Audio
import Capture
import Configuration
import Crossing
import DeviceRecovery
import Journal
import System
import Timeline
import Uplink

/// Microphone to journal: the capture thread, the uplink thread, and the rings between them. Runs from `init`
/// on.
final class HearingLine {
    /// A second of 8 channels at 48 kHz with 4 bytes, and more of anything smaller: the uplink thread may be
    /// as late.
    static let sampleRingBytes = 2 << 20
    /// Marks come once a period; at 5 ms that is 5 s.
    static let markRingMarks = 1_024
    /// The Opus encoder keeps its work on the stack.
    static let uplinkStackBytes = 512 << 10

    let capture = CaptureVitals()
    let uplink = UplinkVitals()
    let controls: UplinkControls
    /// Signalled when records were appended.
    let appended: WakeUp
    /// Frames the codec delays the sound.
    let lookahead: FrameCount
    let isRealtime: Bool
    /// Why nothing the device delivers can go up, and what had gone up then. The event loop's.
    private var refused: (why: String, capturedFrames: UInt64)?
    private let stopCapture: StopSwitch
    private let captureEnded: WakeUp
    private let uplinkEnded: WakeUp
    private var captureThread: WorkerThread?
    private var uplinkThread: WorkerThread?

    /// `records` is the journal's other end; the first frame lies at `start`, and where an earlier run of the
    /// program heard something, that ended at `resumingAfter`. `tell` is called on the uplink's thread.
    init(
        _ configuration: AgentConfiguration, records: consuming RecordProducer, start: StreamPosition,
        resumingAfter end: BootTime?, tell: @escaping @Sendable (UplinkEvent) -> Void
    ) throws {
        controls = try UplinkControls()
        appended = try WakeUp()
        let samples = try SampleRing(capacityBytes: Self.sampleRingBytes)
        let marks = try MarkRing(capacity: Self.markRingMarks)
        let uplinkLoop = try UplinkLoop(
            settings: configuration.uplinkSettings, controls: controls, vitals: uplink, start: start,
            resumingAfter: end, samples: samples.consumer, marks: marks.consumer, records: records,
            appended: appended,
            clocks: { (Clocks.monotonic, Clocks.boottime) }, tell: tell)
        let captureLoop = try CaptureLoop(
            settings: configuration.captureSettings, samples: samples.producer, marks: marks.producer,
            uplink: controls.wakeUp, vitals: capture, resumingAfter: end)
        lookahead = uplinkLoop.lookahead
        stopCapture = captureLoop.stopSwitch
        let (uplinkEnded, captureEnded) = (try WakeUp(), try WakeUp())
        self.uplinkEnded = uplinkEnded
        self.captureEnded = captureEnded
        uplinkThread = try WorkerThread(name: "uplink", stackBytes: Self.uplinkStackBytes) {
            uplinkLoop.run()
            uplinkEnded.signal()
        }
        let thread = try WorkerThread(name: "capture", priority: configuration.capture.realtimePriority) {
            captureLoop.run()
            captureEnded.signal()
        }
        isRealtime = thread.isRealtime
        captureThread = consume thread
    }

    /// For each thread to end; one that hangs in a driver does not.
    private static let endMilliseconds: Int32 = 2_000

    /// Nothing captured goes up while either is true; the timeline goes on.
    func silence(muted: Bool, paused: Bool) {
        controls.muted.set(muted)
        controls.paused.set(paused)
        controls.wakeUp.signal()
    }

    /// The device is given up and opened anew.
    func reopen() { stopCapture.reopen() }

    /// The uplink has told that it cannot use what the device delivers.
    func cannotUse(_ why: String) { refused = (why, uplink.capturedFrames.value) }

    /// Why the device's sound cannot be used; nil as soon as some of it could.
    var unusable: String? {
        guard let refused, refused.capturedFrames == uplink.capturedFrames.value else { return nil }
        return refused.why
    }

    /// Ends both threads, in order: what the device had delivered is in the journal afterwards. Waits for one
    /// period or so; a thread that hangs is left to itself.
    func stop() {
        stopCapture.stop()
        Self.end(captureThread.take(), captureEnded)
        controls.stop.set(true)
        controls.wakeUp.signal()
        Self.end(uplinkThread.take(), uplinkEnded)
    }

    private static func end(_ thread: consuming WorkerThread?, _ ended: WakeUp) {
        guard let thread, ended.wait(milliseconds: endMilliseconds) else { return }
        thread.join()
    }

    /// Whoever forgets the line ends it: no thread outlives what it works on.
    deinit { stop() }
}
