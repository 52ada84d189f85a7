import ALSA
import Audio
import Capture
import Crossing
import DeviceRecovery
import Synchronization
import System
import TestDevice
import Testing
import Timeline

/// Devices of the tests of stages, on the bench of the process.
enum StageDevices {
    private static let count = Mutex(0)

    /// A device of one test alone, in real time, with a ramp to hear.
    static func make(
        _ change: (inout DeviceDescription) -> Void = { _ in }
    ) throws -> (name: String, control: DeviceControl) {
        let number = count.withLock { count in
            count += 1
            return count
        }
        var description = DeviceDescription("stage\(number)")
        description.source = .ramp
        change(&description)
        return (description.name, try DeviceBench.ofProcess.get().add(description))
    }
}

/// A running capture thread, and the reading end of what it writes.
final class CaptureRig {
    let vitals = CaptureVitals()
    let wake: WakeUp
    private(set) var format: PCMFormat?
    /// The ramp's count at each frame read, of channel 0, as unsigned 16 bits.
    private(set) var counts: [UInt16] = []
    /// Frames whose channels are not the ramp's.
    private(set) var wrongFrames = 0
    private(set) var marks: [DeviceMark] = []
    /// The marks' places, as indices into `counts`.
    private(set) var places: [Int] = []

    private var samples: SampleConsumer
    private var markRing: MarkConsumer
    private let stop: StopSwitch
    private var thread: WorkerThread?

    init(
        _ device: String, rate: Int = 48_000, channels: Int = 1, sample: Audio.SampleFormat = .s16,
        ringBytes: Int = 1 << 20, markCapacity: Int = 4_096
    ) throws {
        let ring = try SampleRing(capacityBytes: ringBytes)
        let marks = try MarkRing(capacity: markCapacity)
        wake = try WakeUp()
        let request = PCMRequest(
            rate: SampleRate(hertz: rate), channels: channels, formats: [sample], periodMicroseconds: 10_000,
            periods: 10)
        let loop = try CaptureLoop(
            settings: CaptureSettings(device: device, request: request), samples: ring.producer,
            marks: marks.producer, uplink: wake, vitals: vitals)
        samples = ring.consumer
        markRing = marks.consumer
        stop = loop.stopSwitch
        let run = Run(loop)
        thread = try WorkerThread(name: "capture", priority: 50) { run.loop.run() }
    }

    private final class Run {
        let loop: CaptureLoop
        init(_ loop: consuming CaptureLoop) { self.loop = loop }
    }

    deinit { finish() }

    /// Ends the thread and reads what it left.
    func finish() {
        stop.stop()
        thread.take()?.join()
        read()
    }

    /// Reads until `done`, looking after each block; fails after far more looks than it can take.
    func read(until done: (CaptureRig) -> Bool) {
        wait(until: { rig in
            rig.read()
            return done(rig)
        })
    }

    /// The same without reading.
    func wait(until done: (CaptureRig) -> Bool) {
        for _ in 0..<2_000 {
            if done(self) { return }
            _ = wake.wait(milliseconds: 20)
        }
        Issue.record("nothing to wait for any more: \(counts.count) frames, \(marks.count) marks")
    }

    var state: DeviceState? { DeviceState(rawValue: vitals.device.state.value) }

    /// Reads what is there.
    func read() {
        while true {
            let filled = samples.filledBytes()
            if let mark = markRing.peek(), mark.offset <= samples.consumed {
                _ = markRing.pop()
                note(mark)
                continue
            }
            let limit =
                markRing.peek().map { Int(min(UInt64(filled), $0.offset - samples.consumed)) } ?? filled
            guard let format, limit >= format.bytesPerFrame else { return }
            let bytes = limit / format.bytesPerFrame * format.bytesPerFrame
            take(samples.region(atMost: bytes), format)
            samples.release(bytes)
        }
    }

    private func note(_ mark: DeviceMark) {
        if mark.kind == .opened { format = mark.format }
        if mark.kind == .time { return }
        marks.append(mark)
        places.append(counts.count)
    }

    private func take(_ region: borrowing MutableRawSpan, _ format: PCMFormat) {
        let sampleBytes = format.sample.bytesPerSample
        let bits = format.sample.significantBits
        for frame in 0..<region.byteCount / format.bytesPerFrame {
            let first = format.sample.integer(region, at: frame * format.bytesPerFrame)
            // The count's low 16 bits tell the frame apart from its neighbours in every format.
            let count = UInt16(truncatingIfNeeded: first)
            for channel in 1..<max(1, format.channels) where format.channels > 1 {
                let value = format.sample.integer(
                    region, at: frame * format.bytesPerFrame + channel * sampleBytes)
                let expected = Ramp.sample(frame: Int(first), channel: channel, bits: bits)
                if value != expected { wrongFrames += 1 }
            }
            counts.append(count)
        }
    }

    /// Places where the count does not go up by one, and by how many frames it jumps.
    var jumps: [(place: Int, frames: Int)] {
        counts.indices.dropFirst().compactMap { index in
            let step = counts[index] &- counts[index - 1]
            return step == 1 ? nil : (index, Int(step) - 1)
        }
    }

    /// What happened, in order. An overrun nobody asked for is the machine's, which may be busy, and left
    /// out; that it is told exactly is another test's matter.
    var story: [DeviceMark.Kind] {
        marks.filter { $0.kind != .missing || $0.cause != .xrun }.map(\.kind)
    }

    func marks(_ kind: DeviceMark.Kind) -> [DeviceMark] { marks.filter { $0.kind == kind } }

    /// The frames said to be missing before the frame at `place`.
    func missing(before place: Int) -> Int {
        zip(marks, places).reduce(0) { $1.1 == place && $1.0.kind == .missing ? $0 + Int($1.0.missing) : $0 }
    }
}

extension Audio.SampleFormat {
    /// Bits that carry the test device's ramp.
    var significantBits: Int {
        switch self {
        case .s16: 16
        case .s24packed, .s24, .float32: 24
        case .s32: 32
        }
    }

    /// The sample at `place`, as a signed integer of its significant bits.
    func integer(_ bytes: borrowing MutableRawSpan, at place: Int) -> Int32 {
        func byte(_ index: Int) -> Int32 {
            Int32(bytes.unsafeLoad(fromByteOffset: place + index, as: UInt8.self))
        }
        switch self {
        case .s16: return Int32(Int16(truncatingIfNeeded: byte(0) | byte(1) << 8))
        case .s24packed, .s24: return (byte(0) << 8 | byte(1) << 16 | byte(2) << 24) >> 8
        case .s32: return byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24
        case .float32:
            let pattern = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24
            return Int32(Float(bitPattern: UInt32(bitPattern: pattern)) * 8_388_608)
        }
    }
}
