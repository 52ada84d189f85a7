import ALSA
import Audio
import Capture
import Crossing
import DeviceRecovery
import SignalChain
import System
import TestDevice
import Testing
import Timeline

@testable import Uplink

/// A device whose time is the test's, read as capture does, with the uplink behind it.
private struct VirtualMicrophone: ~Copyable {
    let control: DeviceControl
    let rig: UplinkRig
    private var pcm: PCM
    private var clock: FrameClock
    private(set) var lost: Int64 = 0

    init() throws {
        let (name, control) = try StageDevices.make { $0.clock = .manual }
        let rig = try UplinkRig(.linear16(), .s16(16_000), journalBytes: 1 << 22)
        pcm = try Self.start(name)
        self.control = control
        self.rig = rig
        clock = FrameClock(
            rate: SampleRate(hertz: 16_000), startedAt: control.now, period: 10_000_000)
    }

    private static func start(_ name: String) throws -> PCM {
        var pcm = try PCM.open(name, .capture)
        _ = try pcm.configure(
            PCMRequest(
                rate: SampleRate(hertz: 16_000), channels: 1, formats: [.s16], periodMicroseconds: 10_000,
                periods: 20))
        let code = pcm.start()
        #expect(code == 0)
        return pcm
    }

    /// Lets so many milliseconds pass, and hears what they bring.
    mutating func hear(milliseconds: Int) throws {
        for _ in 0..<milliseconds / 20 {
            control.advance(milliseconds: 20)
            let instant = pcm.timestamp()
            let waiting = try #require(instant).availableFrames
            guard waiting > 0 else { continue }
            let missing = clock.observed(waiting: waiting, at: control.now)
            if missing > 0 { rig.mark(.missing, .deviceError, missing: missing) }
            lost += missing
            rig.mark(.time, monotonic: clock.nextFrameTime)
            rig.push(read(waiting))
            clock.advanced(by: waiting)
            rig.drain()
        }
    }

    private mutating func read(_ frames: Int) -> [Int16] {
        var samples = [Int16](repeating: 0, count: frames)
        var target = samples.mutableSpan
        var bytes = target.mutableBytes
        let outcome = pcm.read(into: &bytes)
        #expect(outcome == .moved(frames: frames))
        return samples
    }
}

@Suite("The sample clock") struct SampleClockTests {
    @Test("drift is known after a minute, within 20 ppm", arguments: [-500, -30, 0, 500])
    func drift(partsPerMillion: Int) throws {
        var microphone = try VirtualMicrophone()
        microphone.control.drift(ppm: Double(partsPerMillion))
        try microphone.hear(milliseconds: 55_000)
        let vitals = microphone.rig.vitals
        #expect(vitals.drift == nil, "too early to say")
        try microphone.hear(milliseconds: 10_000)
        let drift = try #require(vitals.drift)
        #expect(abs(drift - Int64(partsPerMillion) * 1_000) <= 20_000, "\(drift) ppb")
        let lost = microphone.lost
        #expect(lost == 0, "drift is no loss")
        microphone.rig.mark(.closed, .unplugged)
        microphone.rig.open(.s16(16_000))
        microphone.rig.drain()
        #expect(vitals.drift == nil, "perhaps another device")
    }

    @Test("frames swallowed without a word are told to the frame")
    func swallowed() throws {
        var microphone = try VirtualMicrophone()
        try microphone.hear(milliseconds: 3_000)
        // The device counts no frame for 300 ms, and says nothing.
        microphone.control.stall()
        microphone.control.advance(milliseconds: 300)
        microphone.control.resume()
        try microphone.hear(milliseconds: 3_000)
        let lost = microphone.lost
        #expect(abs(lost - 4_800) <= 1)
        #expect(microphone.rig.gapRecords.map(\.cause) == [.deviceError])
    }

    @Test("after frames were swallowed the capture loop tells it, and words keep their true time")
    func swallowedInRealTime() throws {
        let (name, control) = try StageDevices.make()
        let rig = try HearingRig(name, rate: 16_000)
        rig.hear { $0.packets.count >= 25 }
        control.stall()
        let stalled = Clocks.monotonic
        rig.hear { _ in Clocks.monotonic - stalled > 150_000_000 }
        control.resume()
        rig.hear { $0.vitals.missingFrames.value > 0 }
        let before = rig.packets.count
        rig.hear { $0.packets.count >= before + 25 }
        rig.finish()
        let (first, last) = (try #require(rig.packets.first), try #require(rig.packets.last))
        let passed = Double((last.capturedAt - first.capturedAt).wholeNanoseconds) * 16 / 1_000_000
        #expect(abs(passed - Double((last.position - first.position).value)) <= 4)
        #expect(rig.vitals.missingFrames.value >= 2_300)
    }
}

/// Without a device: a million frames a second, so a frame is a microsecond.
@Suite struct DriftMeterTests {
    private func measure(
        seconds: Int, partsPerMillion: Double, jitter: ClosedRange<Int64> = 0...0, meter: inout DriftMeter,
        from start: Int = 0
    ) {
        var random = SeededGenerator(seed: 5)
        for index in start * 50..<(start + seconds) * 50 {
            let time = Double(index) * 20_000_000 / (1 + partsPerMillion / 1_000_000)
            meter.mark(1_000_000_000 + Int64(time) + Int64.random(in: jitter, using: &random))
            meter.advance(20_000)
        }
    }

    @Test(arguments: [-500.0, -100, -1, 0, 1, 100, 500])
    func aMinuteIsEnough(partsPerMillion: Double) {
        var meter = DriftMeter(rate: SampleRate(hertz: 1_000_000))
        measure(seconds: 59, partsPerMillion: partsPerMillion, meter: &meter)
        #expect(meter.partsPerBillion == nil)
        measure(seconds: 10, partsPerMillion: partsPerMillion, meter: &meter, from: 59)
        let found = Double(meter.partsPerBillion ?? .max) / 1_000
        #expect(abs(found - partsPerMillion) <= 0.5, "\(found)")
    }

    @Test func stampsThatJitterByAMillisecondChangeLittle() {
        var meter = DriftMeter(rate: SampleRate(hertz: 1_000_000))
        measure(seconds: 70, partsPerMillion: 42, jitter: 0...2_000_000, meter: &meter)
        let found = Double(meter.partsPerBillion ?? .max) / 1_000
        #expect(abs(found - 42) <= 5, "\(found)")
    }

    @Test func whatWasMinutesAgoIsForgotten() {
        var meter = DriftMeter(rate: SampleRate(hertz: 1_000_000))
        // A warm crystal: another rate from here on.
        measure(seconds: 400, partsPerMillion: 300, meter: &meter)
        var time: Int64 = 500_000_000_000
        for _ in 0..<310 * 50 {
            meter.mark(time)
            meter.advance(20_000)
            time += 20_000_000
        }
        #expect(meter.partsPerBillion.map { abs($0) < 1_000 } == true)
    }
}
