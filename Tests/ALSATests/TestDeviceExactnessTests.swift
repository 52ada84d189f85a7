import CALSA
import Glibc
import TestDevice
import Testing

@Suite("The test device hears and counts exactly")
struct TestDeviceExactnessTests {
    @Test(
        "delivers the ramp to the bit in every format and channel count",
        arguments: SampleFormat.allCases, [1, 2, 3, 8])
    func rampIsExact(format: SampleFormat, channels: Int) throws {
        for access in ClientPCM.Access.allCases {
            let (name, control) = try TestDevices.make()
            let setup = ClientPCM.Setup(access: access, format: format, channels: channels)
            let pcm = try ClientPCM(name, setup)
            #expect(pcm.start() == 0)
            var next = 0
            for _ in 0..<40 {
                control.advance(milliseconds: 20)
                #expect(pcm.poll()?.events == POLLIN)
                let (bytes, code) = pcm.read(320)
                #expect(code == 320)
                #expect(wrongRampSamples(bytes, from: next, format: format, channels: channels) == 0)
                next += 320
            }
        }
    }

    @Test("keeps every rate's own time", arguments: [8_000, 11_025, 16_000, 44_100, 48_000, 96_000, 192_000])
    func ratesAreExact(rate: Int) throws {
        let (name, control) = try TestDevices.make()
        let setup = ClientPCM.Setup(rate: rate, periodFrames: 512, bufferFrames: 4_096)
        let pcm = try ClientPCM(name, setup)
        pcm.start()
        var frames = 0
        for millisecond in 1...1_000 {
            control.advance(milliseconds: 1)
            let available = pcm.available
            #expect(frames + available == rate * millisecond / 1_000)
            let (bytes, code) = pcm.read(available)
            #expect(wrongRampSamples(bytes, from: frames) == 0)
            frames += max(0, code)
        }
        #expect(frames == rate)
    }

    @Test("wakes at the period boundary and not a nanosecond before", arguments: ClientPCM.Access.allCases)
    func wakesOnTime(access: ClientPCM.Access) throws {
        let (name, control) = try TestDevices.make()
        let pcm = try ClientPCM(name, ClientPCM.Setup(access: access))
        pcm.start()
        for _ in 0..<5 {
            control.advance(nanoseconds: 19_999_999)
            #expect(pcm.eventsNow() == 0)
            control.advance(nanoseconds: 1)
            #expect(pcm.poll()?.events == POLLIN)
            #expect(pcm.read(320).code == 320)
        }
    }

    @Test("ten minutes of manual time: every sample right, every wake-up there")
    func tenMinutes() throws {
        let (name, control) = try TestDevices.make()
        let pcm = try ClientPCM(name)
        pcm.start()
        var wrong = 0
        var short = 0
        for index in 0..<30_000 {
            control.advance(milliseconds: 20)
            guard pcm.poll()?.events == POLLIN else {
                Issue.record("no wake-up for period \(index)")
                return
            }
            let (bytes, code) = pcm.read(320)
            if code != 320 { short += 1 }
            wrong += wrongS16(bytes, from: index * 320)
        }
        #expect(wrong == 0)
        #expect(short == 0)
        #expect(control.counters(.capture).framesTransferred == 9_600_000)
    }

    /// `wrongRampSamples` for this one format, fast enough for ten minutes in a debug build.
    private func wrongS16(_ bytes: [UInt8], from frame: Int) -> Int {
        var wrong = 0
        for index in 0..<bytes.count / 2 {
            let sample = UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8
            if sample != UInt16(truncatingIfNeeded: frame + index) { wrong += 1 }
        }
        return wrong
    }

    @Test("an overrun loses exactly the frames that passed", arguments: ClientPCM.Access.allCases)
    func overrunLossIsExact(access: ClientPCM.Access) throws {
        let (name, control) = try TestDevices.make()
        let pcm = try ClientPCM(name, ClientPCM.Setup(access: access))
        pcm.start()
        control.advance(milliseconds: 40)
        #expect(wrongRampSamples(pcm.read(320).bytes, from: 0) == 0)
        #expect(wrongRampSamples(pcm.read(320).bytes, from: 320) == 0)

        // The buffer holds 80 ms; the clock stands at 40 ms and goes to 141.
        control.advance(milliseconds: 101)
        #expect(pcm.poll()?.events == POLLIN | POLLERR)
        #expect(pcm.read(320).code == -Int(EPIPE))
        #expect(pcm.state == SND_PCM_STATE_XRUN)
        #expect(pcm.prepare() == 0)
        #expect(pcm.start() == 0)
        control.advance(milliseconds: 20)
        let (bytes, code) = pcm.read(320)
        #expect(code == 320)
        #expect(wrongRampSamples(bytes, from: 141 * 16) == 0)
        #expect(control.counters(.capture).xruns == 1)
        // 640 read and 1 280 in the buffer when it stopped, then 320.
        #expect(control.counters(.capture).framesPassed == 640 + 1_280 + 320)
    }

    @Test("drift is exact, and a change of it moves no frame of the past")
    func driftIsExact() throws {
        let (name, control) = try TestDevices.make()
        let pcm = try ClientPCM(name, ClientPCM.Setup(periodFrames: 1_600, bufferFrames: 16_000))
        pcm.start()
        func second() -> Int {
            control.advance(milliseconds: 500)
            let first = pcm.read(16_000).code
            control.advance(milliseconds: 500)
            return first + pcm.read(16_000).code
        }
        #expect(second() == 16_000)
        control.drift(ppm: 5_000)
        #expect(second() == 16_080)
        control.drift(ppm: -100_000)
        #expect(second() == 14_400)
        control.drift(ppm: 0)
        #expect(second() == 16_000)
    }

    @Test("counts what the client took, to the frame", arguments: ClientPCM.Access.allCases)
    func countsDeliveredFrames(access: ClientPCM.Access) throws {
        let (name, control) = try TestDevices.make()
        let pcm = try ClientPCM(name, ClientPCM.Setup(access: access))
        pcm.start()
        control.advance(milliseconds: 30)
        #expect(pcm.read(123).code == 123)
        #expect(pcm.available == 480 - 123)
        let counters = control.counters(.capture)
        #expect(counters.framesTransferred == 123)
        #expect(counters.framesPassed == 480)
        #expect(counters.opens == 1)
        #expect(counters.starts == 1)
    }

    @Test("a start delay holds the first frame back, the ramp begins with it")
    func startDelay() throws {
        let (name, control) = try TestDevices.make()
        control.setStartDelay(microseconds: 700_000)
        let pcm = try ClientPCM(name)
        pcm.start()
        control.advance(milliseconds: 700)
        #expect(pcm.available == 0)
        control.advance(milliseconds: 20)
        #expect(pcm.poll()?.events == POLLIN)
        #expect(wrongRampSamples(pcm.read(320).bytes, from: 11_200) == 0)
    }

    @Test("a coarse pointer moves in its steps only")
    func granularity() throws {
        let (name, control) = try TestDevices.make()
        control.setGranularity(frames: 96)
        let pcm = try ClientPCM(name)
        pcm.start()
        control.advance(milliseconds: 20)
        #expect(pcm.available == 288)
        #expect(pcm.eventsNow() == 0)
        control.advance(milliseconds: 40)
        #expect(pcm.available == 960)
        #expect(pcm.poll()?.events == POLLIN)
    }

    @Test("without a clock there is always a period to read")
    func freeRunning() throws {
        let (name, _) = try TestDevices.make { $0.clock = .free }
        let pcm = try ClientPCM(name)
        pcm.start()
        for index in 0..<200 {
            #expect(pcm.poll()?.events == POLLIN)
            let (bytes, code) = pcm.read(320)
            #expect(code == 320)
            #expect(wrongRampSamples(bytes, from: index * 320) == 0)
        }
    }

    @Test("in real time the frames come by themselves", arguments: [true, false])
    func realTime(isBlocking: Bool) throws {
        let (name, control) = try TestDevices.make { $0.clock = .real }
        let setup = ClientPCM.Setup(periodFrames: 160, bufferFrames: 16_000, isBlocking: isBlocking)
        let pcm = try ClientPCM(name, setup)
        pcm.start()
        var next = 0
        while next < 3_200 {
            if !isBlocking { #expect(pcm.poll()?.events == POLLIN) }
            let (bytes, code) = pcm.read(160)
            try #require(code > 0)
            #expect(wrongRampSamples(bytes, from: next) == 0)
            next += code
        }
        #expect(control.counters(.capture).framesTransferred == 3_200)
    }
}
