import ALSA
import Audio
import Crossing
import DeviceRecovery
import Glibc
import Playback
import System
import TestDevice
import Testing
import Timeline

/// A running playback thread on a device of its own, and the writing end of its ring. The sound is a count
/// that goes up by one each frame and is never zero, so that silence, order and loss can be told from what
/// the device has played.
final class PlaybackRig {
    static let format = PCMFormat(rate: SampleRate(hertz: 48_000), channels: 1, sample: .s16)
    /// 100 ms, so that a busy machine does not let the device run dry.
    static let bufferFrames = 4_800

    let vitals = PlaybackVitals()
    let discardBefore = Gauge()
    let wake: WakeUp
    /// Bytes written to the ring.
    var written: UInt64 { samples.written }
    private(set) var nextCount: Int16 = 1

    private var samples: SampleProducer
    private var marks: MarkProducer
    private let stop: StopSwitch
    private var thread: WorkerThread?

    init(_ device: String) throws {
        let ring = try SampleRing(capacityBytes: 1 << 20)
        let marks = try MarkRing(capacity: 64)
        wake = try WakeUp()
        let request = PCMRequest(
            rate: Self.format.rate, channels: 1, formats: [.s16], periodMicroseconds: 10_000, periods: 10)
        let loop = try PlaybackLoop(
            settings: PlaybackSettings(device: device, request: request), samples: ring.consumer,
            marks: marks.consumer, discardBefore: discardBefore, downlink: wake, vitals: vitals)
        samples = ring.producer
        self.marks = marks.producer
        stop = loop.stopSwitch
        let run = Run(loop)
        thread = try WorkerThread(name: "playback", priority: 50) { run.loop.run() }
    }

    private final class Run {
        let loop: PlaybackLoop
        init(_ loop: consuming PlaybackLoop) { self.loop = loop }
    }

    deinit { finish() }

    func finish() {
        stop.stop()
        thread.take()?.join()
    }

    /// Says that the bytes from now on have `format`.
    func announce(_ format: PCMFormat = PlaybackRig.format) {
        let mark = DeviceMark(kind: .opened, offset: samples.written, monotonicNanoseconds: 0, format: format)
        #expect(marks.push(mark) == true)
    }

    /// Puts `frames` of the count into the ring.
    func play(_ frames: Int) {
        var region = samples.region(atMost: 2 * frames)
        for index in 0..<region.byteCount / 2 {
            region.storeBytes(of: nextCount, toByteOffset: 2 * index, as: Int16.self)
            nextCount = nextCount == .max ? 1 : nextCount + 1
        }
        samples.commit(2 * frames)
    }

    /// Puts `bytes` of something into the ring.
    func put(_ bytes: Int) { samples.commit(min(bytes, samples.freeBytes())) }

    func wait(until done: (PlaybackRig) -> Bool) {
        for _ in 0..<2_000 {
            if done(self) { return }
            _ = wake.wait(milliseconds: 20)
        }
        Issue.record("nothing to wait for any more: heard \(vitals.heard.value) of \(written) bytes")
    }

    func waitUntilAllIsHeard() { wait { $0.vitals.heard.value == Int64($0.written) } }

    var state: DeviceState? { DeviceState(rawValue: vitals.device.state.value) }
}

/// A test device that keeps what it plays.
struct PlayedDevice {
    let name: String
    let control: DeviceControl
    private let outfile: String

    init() throws {
        let outfile = try DeviceBench.ofProcess.get().directory + "/\(UInt64.random(in: 0...UInt64.max)).raw"
        self.outfile = outfile
        (name, control) = try StageDevices.make { $0.outfile = outfile }
    }

    /// What the device has played, as runs of sound between silences. Once the rig on it has finished.
    func played() -> [[Int16]] {
        runs(ofSoundIn: read())
    }

    private func read() -> [Int16] {
        guard let bytes = try? Files.read(outfile, limit: 1 << 24) else { return [] }
        return stride(from: 0, to: bytes.count - 1, by: 2).map {
            Int16(truncatingIfNeeded: Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8)
        }
    }
}

/// The stretches of `samples` that are not silent.
func runs(ofSoundIn samples: [Int16]) -> [[Int16]] {
    var runs: [[Int16]] = []
    var inSound = false
    for sample in samples {
        if sample == 0 {
            inSound = false
        } else if inSound {
            runs[runs.count - 1].append(sample)
        } else {
            inSound = true
            runs.append([sample])
        }
    }
    return runs
}

/// The same sound, run by run; says where it differs in a few words.
func expectSound(
    _ played: some Sequence<[Int16]>, _ expected: [[Int16]], sourceLocation: SourceLocation = #_sourceLocation
) {
    let played = Array(played)
    let isSame = played == expected
    let runs = played.map { "\($0.first ?? 0)…\($0.last ?? 0) (\($0.count))" }
    #expect(isSame, "played \(runs)", sourceLocation: sourceLocation)
}
