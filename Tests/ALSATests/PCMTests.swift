import ALSA
import Audio
import Glibc
import TestDevice
import Testing

/// Against libasound and the test device, in manual time.
@Suite("A PCM") struct PCMTests {
    private static let request = PCMRequest(
        rate: SampleRate(hertz: 16_000), channels: 1, formats: [.s16], periodMicroseconds: 20_000)

    /// The device called `name`, configured.
    private func open(_ name: String, _ direction: PCMDirection = .capture) throws -> PCM {
        var pcm = try PCM.open(name, direction)
        try pcm.configure(Self.request)
        return pcm
    }

    @Test(
        "negotiates every format and channel count and reports them",
        arguments: Audio.SampleFormat.allCases, [1, 2, 8])
    func formats(sample: Audio.SampleFormat, channels: Int) throws {
        let (name, _) = try TestDevices.make()
        var pcm = try PCM.open(name, .capture)
        let setup = try pcm.configure(
            PCMRequest(rate: SampleRate(hertz: 48_000), channels: channels, formats: [sample]))
        #expect(
            setup.format == PCMFormat(rate: SampleRate(hertz: 48_000), channels: channels, sample: sample))
        #expect(setup.periodFrames == 960)
        #expect(setup.bufferFrames == 3_840)
        #expect(setup.bytesPerPeriod == 960 * channels * sample.bytesPerSample)
    }

    @Test("takes the first format of the list that the device has")
    func preference() throws {
        let (name, _) = try TestDevices.make { $0.formats = [.s32, .float] }
        var pcm = try PCM.open(name, .capture)
        var request = Self.request
        request.formats = [.s16, .float32, .s32]
        let setup = try pcm.configure(request)
        #expect(setup.format.sample == .float32)
        request.formats = [.s16, .s24]
        let error = #expect(throws: ALSAError.self) { try pcm.configure(request) }
        #expect(error?.code == -EINVAL)
        #expect(error?.remedy == .giveUp)
    }

    @Test("takes the nearest rate and channel count, or refuses where the rate has to be exact")
    func near() throws {
        let (name, _) = try TestDevices.make {
            $0.rates = [44_100, 48_000]
            $0.channels = [2]
        }
        var pcm = try PCM.open(name, .capture)
        #expect(try pcm.capabilities().rates == 44_100...48_000)
        #expect(try pcm.capabilities().channels == 2...2)
        #expect(try pcm.capabilities().formats == Audio.SampleFormat.allCases)
        let setup = try pcm.configure(Self.request)
        #expect(setup.format.rate.hertz == 44_100)
        #expect(setup.format.channels == 2)
        #expect(setup.periodNanoseconds == 20_000_000)
        var request = Self.request
        request.exactRate = true
        #expect(throws: ALSAError.self) { try pcm.configure(request) }
    }

    @Test("fits periods and buffer to what the device can hold")
    func limits() throws {
        let (name, _) = try TestDevices.make {
            // ALSA counts these limits in bytes: of one kind of frame they are exact.
            $0.formats = [.s16]
            $0.channels = [1]
            $0.periodFrames = 64...128
            $0.bufferFrames = 128...512
        }
        var pcm = try PCM.open(name, .capture)
        let setup = try pcm.configure(Self.request)
        #expect(setup.periodFrames == 128)
        #expect(setup.bufferFrames == 512)
    }

    @Test("a second opener is told that the device is busy")
    func busy() throws {
        let (name, _) = try TestDevices.make()
        let first = try PCM.open(name, .capture)
        let error = #expect(throws: ALSAError.self) { _ = try PCM.open(name, .capture).state() }
        #expect(error?.code == -EBUSY)
        #expect(error?.remedy == .retry)
        #expect(first.state() == .open)
    }

    @Test("never starts by itself; wakes for a period, reads what is there, then waits again")
    func readsPeriods() throws {
        let (name, control) = try TestDevices.make()
        var pcm = try open(name)
        var bytes = [UInt8](repeating: 0, count: 4_096)
        #expect(pcm.state() == .prepared)
        control.advance(milliseconds: 50)
        #expect(pcm.state() == .prepared)
        var answer = pcm.start()
        #expect(answer == 0)
        #expect(pcm.state() == .running)
        var outcome = pcm.wait(milliseconds: 0)
        #expect(outcome == .timedOut)
        for period in 0..<10 {
            control.advance(milliseconds: 20)
            outcome = pcm.wait(milliseconds: 1_000)
            #expect(outcome == .ready)
            let moved = read(&pcm, &bytes)
            #expect(moved == .moved(frames: 320))
            #expect(wrongRampSamples(Array(bytes[..<640]), from: period * 320) == 0)
        }
        let moved = read(&pcm, &bytes)
        #expect(moved == .notReady)
        answer = pcm.start()
        #expect(answer < 0)
    }

    @Test("says how many frames wait, and when")
    func timestamp() throws {
        let (name, control) = try TestDevices.make()
        var pcm = try open(name)
        let before = DeviceClock.now()
        _ = pcm.start()
        control.advance(milliseconds: 15)
        let instant = pcm.timestamp()
        #expect(instant?.availableFrames == 240)
        #expect((instant?.monotonicNanoseconds).map { $0 >= before && $0 <= DeviceClock.now() } == true)
        let delay = pcm.delayFrames()
        #expect(delay == 240)
        let started = pcm.startTime()
        #expect(started >= before && started <= DeviceClock.now())
    }

    @Test("plays what is written, says what is left of it, and falls silent at once when told to")
    func playback() throws {
        let (name, control) = try TestDevices.make()
        var pcm = try open(name, .playback)
        var bytes = rampBytes(from: 0, frames: 2_000)
        var outcome = pcm.wait(milliseconds: 0)
        #expect(outcome == .ready)
        var moved = write(&pcm, &bytes)
        #expect(moved == .moved(frames: 1_280))
        moved = write(&pcm, &bytes)
        #expect(moved == .notReady)
        _ = pcm.start()
        control.advance(milliseconds: 20)
        outcome = pcm.wait(milliseconds: 1_000)
        #expect(outcome == .ready)
        var delay = pcm.delayFrames()
        #expect(delay == 960)
        let recovered = pcm.discard()
        #expect(recovered == .prepared)
        delay = pcm.delayFrames()
        #expect(delay == 0)
    }

    @Test("plays to the end what is queued when it is drained")
    func drain() throws {
        let (name, control) = try TestDevices.make { $0.clock = .real }
        var pcm = try open(name, .playback)
        var bytes = rampBytes(from: 0, frames: 800)
        let moved = write(&pcm, &bytes)
        #expect(moved == .moved(frames: 800))
        _ = pcm.start()
        try pcm.drain()
        #expect(control.counters(.playback).framesPassed == 800)
        #expect(control.counters(.playback).xruns == 0)
        #expect(pcm.state() == .setup)
    }

    @Test("tells trouble apart by what brings the device back", arguments: [PCMDirection.capture, .playback])
    func trouble(_ direction: PCMDirection) throws {
        let faults: [(String, (DeviceControl) -> Void, PCMTrouble, RecoverOutcome)] = [
            ("xrun", { $0.injectXrun() }, .xrun, .prepared),
            ("suspend", { $0.suspend() }, .suspended, .prepared),
            ("unplug", { $0.unplug() }, .gone(code: -ENODEV), .failed(code: -ENODEV)),
        ]
        for (fault, disturb, expected, afterwards) in faults {
            let (name, control) = try TestDevices.make()
            var pcm = try open(name, direction)
            var bytes = rampBytes(from: 0, frames: 1_280)
            if direction == .playback { _ = write(&pcm, &bytes) }
            _ = pcm.start()
            control.advance(milliseconds: 20)
            disturb(control)
            let woken = pcm.wait(milliseconds: 1_000)
            #expect(woken == .trouble(expected), "\(fault)")
            let moved = direction == .capture ? read(&pcm, &bytes) : write(&pcm, &bytes)
            #expect(moved == .trouble(expected), "\(fault)")
            let recovered = pcm.recover(from: expected)
            #expect(recovered == afterwards, "\(fault)")
        }
    }

    @Test("a handle the kernel gave up and a failing transfer are both gone")
    func gone() throws {
        var bytes = [UInt8](repeating: 0, count: 640)
        let (name, control) = try TestDevices.make()
        var pcm = try open(name)
        _ = pcm.start()
        control.advance(milliseconds: 20)
        control.injectIOError(.capture)
        var moved = read(&pcm, &bytes)
        #expect(moved == .trouble(.gone(code: -EIO)))
        control.breakHandle(.capture)
        moved = read(&pcm, &bytes)
        #expect(moved == .trouble(.gone(code: -EBADFD)))
        #expect(PCMTrouble(code: -EBADFD).isRemoval)
        #expect(!PCMTrouble(code: -EIO).isRemoval)
    }

    private func read(_ pcm: inout PCM, _ bytes: inout [UInt8]) -> TransferOutcome {
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        return pcm.read(into: &raw)
    }

    private func write(_ pcm: inout PCM, _ bytes: inout [UInt8]) -> TransferOutcome {
        var span = bytes.mutableSpan
        return pcm.write(unsafe span.mutableBytes)
    }
}
