import ALSA
import Audio
import Capture
import Crossing
import DeviceRecovery
import Glibc
import Synchronization
import System
import Testing
import Timeline

@testable import Uplink

/// The processor time of one thread, and a hand on it.
final class ThreadMeter: Sendable {
    private let known = Mutex<(thread: pthread_t, clock: clockid_t)?>(nil)

    /// On the thread that is to be measured, before anything else.
    func enter() {
        var clock = clockid_t()
        guard pthread_getcpuclockid(pthread_self(), &clock) == 0 else { return }
        // Threads of the program take no signals; this one does, so that it can be held.
        var held = sigset_t()
        sigemptyset(&held)
        sigaddset(&held, SIGUSR2)
        pthread_sigmask(SIG_UNBLOCK, &held, nil)
        let thread = pthread_self()
        known.withLock { $0 = (thread, clock) }
    }

    /// Nanoseconds of processor time, user and system, so far. While the thread lives.
    var nanoseconds: Int64 {
        guard let clock = known.withLock({ $0?.clock }) else { return 0 }
        var used = timespec()
        guard clock_gettime(clock, &used) == 0 else { return 0 }
        return Int64(used.tv_sec) * 1_000_000_000 + Int64(used.tv_nsec)
    }

    /// Keeps the thread from doing anything for a third of a second.
    func hold() {
        guard let thread = known.withLock({ $0?.thread }) else { return }
        signal(SIGUSR2) { _ in _ = poll(nil, 0, 330) }
        pthread_kill(thread, SIGUSR2)
    }
}

/// A packet of linear16 as it was found in the journal. Times are nanoseconds of `CLOCK_BOOTTIME`.
struct HeardPacket {
    let position: Int64
    let frames: Int
    /// The first sample, which is the ramp's count where the device has one.
    let count: Int16
    /// How many frames are missing within it, or too many, at the worst place: by the ramp.
    let slip: Int
    let capturedAt: Int64
    let seenAt: Int64

    var end: Int64 { position + Int64(frames) }
}

/// Capture and uplink, each on a thread of its own as in the program, and the journal's reader on the test's.
/// 16 kHz mono and linear16 in packets of 20 ms; nothing is filled, so every loss is a gap in the journal.
final class FaultRig {
    static let rate = 16_000
    /// Frames of a period.
    static let period = 160

    let vitals = CaptureVitals()
    let uplink = UplinkVitals()
    let captureMeter = ThreadMeter()
    let uplinkMeter = ThreadMeter()
    private(set) var packets: [HeardPacket] = []
    private(set) var gaps: [StreamEntry] = []
    /// Records that do not adjoin the one before.
    private(set) var seams = 0
    /// Position 0, in nanoseconds of `CLOCK_BOOTTIME`.
    let startedAt: Int64

    private var next: Int64 = 0
    private var records: RecordConsumer
    private let appended: WakeUp
    private let controls: UplinkControls
    private let stop: StopSwitch
    private var threads: [Thread] = []

    private final class Thread {
        private var worker: WorkerThread?
        init(_ worker: consuming WorkerThread) { self.worker = consume worker }
        func join() { worker.take()?.join() }
    }

    private final class Run {
        let meter: ThreadMeter
        let body: () -> Void
        init(_ meter: ThreadMeter, _ body: @escaping () -> Void) {
            self.meter = meter
            self.body = body
        }
        func run() {
            meter.enter()
            body()
        }
    }

    init(_ device: String, ringBytes: Int = 1 << 20, markCapacity: Int = 4_096) throws {
        let samples = try SampleRing(capacityBytes: ringBytes)
        let marks = try MarkRing(capacity: markCapacity)
        let ring = try RecordRing(capacityBytes: 1 << 20)
        controls = try UplinkControls()
        appended = try WakeUp()
        let uplinkLoop = try UplinkLoop(
            settings: .linear16(chunkMilliseconds: 20, fillMilliseconds: 0), controls: controls,
            vitals: uplink, start: StreamPosition(frames: 0), samples: samples.consumer,
            marks: marks.consumer, records: ring.producer, appended: appended,
            clocks: { (Clocks.monotonic, Clocks.boottime) }, tell: { _ in })
        records = ring.consumer
        let request = PCMRequest(
            rate: SampleRate(hertz: Self.rate), channels: 1, formats: [.s16], periodMicroseconds: 10_000,
            periods: 20)
        let capture = try CaptureLoop(
            settings: CaptureSettings(device: device, request: request), samples: samples.producer,
            marks: marks.producer, uplink: controls.wakeUp, vitals: vitals)
        startedAt = Clocks.boottime
        stop = capture.stopSwitch
        threads.append(try Self.start("uplink", uplinkMeter, uplinkLoop.run))
        threads.append(try Self.start("capture", captureMeter, priority: 50, capture.run))
    }

    private static func start(
        _ name: String, _ meter: ThreadMeter, priority: Int = 0, _ body: sending @escaping () -> Void
    ) throws -> Thread {
        let run = Run(meter, body)
        return Thread(try WorkerThread(name: name, priority: priority) { run.run() })
    }

    deinit { finish() }

    /// Ends capture, then the uplink, and reads what they left.
    func finish() {
        guard threads.count == 2 else { return }
        stop.stop()
        threads.removeLast().join()
        controls.stop.set(true)
        controls.wakeUp.signal()
        threads.removeLast().join()
        read()
    }

    /// Takes what comes until `done`; false: that has not been in far more looks than it can take.
    @discardableResult
    func hear(until done: (FaultRig) -> Bool) -> Bool {
        for _ in 0..<6_000 {
            read()
            if done(self) { return true }
            _ = appended.wait(milliseconds: 20)
        }
        return false
    }

    /// Takes what comes for so long.
    func hear(seconds: Double) {
        let end = Clocks.monotonic + Int64(seconds * 1_000_000_000)
        hear { _ in Clocks.monotonic >= end }
    }

    /// Takes the memory for what will be heard now, so that what grows later is not this.
    func reserve(packets count: Int) {
        packets.reserveCapacity(count)
        gaps.reserveCapacity(count)
    }

    var state: DeviceState? { DeviceState(rawValue: vitals.device.state.value) }

    private func read() {
        var cursor = records.oldest
        while let entry = records.entry(at: cursor) {
            if entry.position.frames != next { seams += 1 }
            next = entry.end.frames
            if entry.kind == .gap { gaps.append(entry) } else { note(entry, cursor) }
            cursor = records.next(after: cursor)
        }
        records.release(before: cursor)
    }

    private func note(_ entry: StreamEntry, _ cursor: RecordConsumer.Cursor) {
        let (first, slip) = records.withPayload(at: cursor) { payload in
            let first = payload.unsafeLoad(fromByteOffset: 0, as: Int16.self)
            var (last, slip) = (first, 0)
            for index in 1..<max(1, payload.byteCount / 2) {
                let sample = payload.unsafeLoad(fromByteOffset: index * 2, as: Int16.self)
                slip = max(slip, abs(Int(sample &- last) - 1))
                last = sample
            }
            return (first, slip)
        }
        packets.append(
            HeardPacket(
                position: entry.position.frames, frames: Int(entry.frames.value), count: first,
                slip: slip, capturedAt: entry.capturedAt.nanoseconds, seenAt: Clocks.boottime))
    }
}
