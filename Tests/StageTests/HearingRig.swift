import ALSA
import Audio
import Capture
import Crossing
import DeviceRecovery
import System
import Testing
import Timeline

@testable import Uplink

/// Capture on its own thread and the uplink on the test's, joined as in the program.
final class HearingRig {
    let vitals = CaptureVitals()
    let uplink = UplinkVitals()
    private(set) var entries: [StreamEntry] = []
    private let controls: UplinkControls
    private let loop: UplinkLoop
    private var records: RecordConsumer
    private let stop: StopSwitch
    private var thread: WorkerThread?

    init(
        _ device: String, rate: Int = 48_000, settings: UplinkSettings = .linear16(chunkMilliseconds: 20),
        start: Int64 = 0, resumingAfter end: BootTime? = nil
    ) throws {
        let samples = try SampleRing(capacityBytes: 1 << 20)
        let marks = try MarkRing(capacity: 4_096)
        let ring = try RecordRing(capacityBytes: 1 << 20)
        controls = try UplinkControls()
        loop = try UplinkLoop(
            settings: settings, controls: controls, vitals: uplink, start: StreamPosition(frames: start),
            resumingAfter: end, samples: samples.consumer, marks: marks.consumer, records: ring.producer,
            appended: try WakeUp(), clocks: { (Clocks.monotonic, Clocks.boottime) }, tell: { _ in })
        records = ring.consumer
        let request = PCMRequest(
            rate: SampleRate(hertz: rate), channels: 1, formats: [.s16],
            periodMicroseconds: 10_000,
            periods: 20)
        let capture = try CaptureLoop(
            settings: CaptureSettings(device: device, request: request), samples: samples.producer,
            marks: marks.producer, uplink: controls.wakeUp, vitals: vitals, resumingAfter: end)
        stop = capture.stopSwitch
        let run = Run(capture)
        thread = try WorkerThread(name: "capture", priority: 50) { run.loop.run() }
    }

    private final class Run {
        let loop: CaptureLoop
        init(_ loop: consuming CaptureLoop) { self.loop = loop }
    }

    deinit { finish() }

    func finish() {
        stop.stop()
        thread.take()?.join()
    }

    /// Takes what there is until `done`; fails after far more looks than it can take.
    @discardableResult
    func hear(until done: (HearingRig) -> Bool) -> Bool {
        for _ in 0..<2_000 {
            loop.drain()
            read()
            if done(self) { return true }
            _ = controls.wakeUp.wait(milliseconds: 20)
        }
        Issue.record("nothing to wait for any more: \(entries.count) records")
        return false
    }

    var packets: [StreamEntry] { entries.filter { $0.kind == .packet } }

    private func read() {
        var cursor = records.oldest
        while let entry = records.entry(at: cursor) {
            entries.append(entry)
            cursor = records.next(after: cursor)
        }
        records.release(before: cursor)
    }
}
