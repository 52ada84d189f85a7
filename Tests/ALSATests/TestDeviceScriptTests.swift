import CALSA
import Glibc
import TestDevice
import Testing

@Suite("A script's faults come at their frame")
struct TestDeviceScriptTests {
    /// Reads in pieces of 100 frames, a millisecond apart, until something fails.
    private func framesUntilError(_ pcm: ClientPCM, _ control: DeviceControl) -> (frames: Int, code: Int) {
        var frames = 0
        while frames < 100_000 {
            control.advance(milliseconds: 1)
            let (bytes, code) = pcm.read(100)
            if code == -Int(EAGAIN) { continue }
            guard code > 0 else { return (frames, code) }
            #expect(bytes.count == code * pcm.frameBytes)
            frames += code
        }
        return (frames, 0)
    }

    @Test("one after the other, over restarts")
    func sequence() throws {
        let (name, control) = try TestDevices.make { $0.script = "xrun@4000,suspend@8001,unplug@16123" }
        let pcm = try ClientPCM(name)
        pcm.start()
        // A fault stops the stream at its frame; what the client has not yet read by then it cannot read.
        let first = framesUntilError(pcm, control)
        #expect(first.code == -Int(EPIPE))
        #expect(control.counters(.capture).framesPassed == 4_000)
        #expect((3_984...4_000).contains(first.frames))

        pcm.prepare()
        pcm.start()
        #expect(framesUntilError(pcm, control).code == -Int(ESTRPIPE))
        #expect(control.counters(.capture).framesPassed == 8_001)

        #expect(pcm.recover(-Int(ESTRPIPE)) == 0)
        pcm.start()
        #expect(framesUntilError(pcm, control).code == -Int(ENODEV))
        #expect(control.counters(.capture).framesPassed == 16_123)
    }

    @Test("even when the client comes much later")
    func lateClient() throws {
        let (name, control) = try TestDevices.make { $0.script = "xrun@500" }
        let pcm = try ClientPCM(name)
        pcm.start()
        control.advance(milliseconds: 5_000)
        #expect(pcm.read(320).code == -Int(EPIPE))
        #expect(control.counters(.capture).framesPassed == 500)
    }

    @Test("an unplug with a time: the device is back by itself, once")
    func timedReplug() throws {
        let (name, control) = try TestDevices.make { $0.script = "unplug@800:500" }
        do {
            let pcm = try ClientPCM(name)
            pcm.start()
            #expect(framesUntilError(pcm, control).code == -Int(ENODEV))
        }
        control.advance(milliseconds: 400)
        #expect(throws: ClientPCM.Refused(operation: "open", code: -ENODEV)) { try ClientPCM(name) }
        control.advance(milliseconds: 100)
        let pcm = try ClientPCM(name)
        pcm.start()
        control.advance(milliseconds: 60)
        #expect(pcm.read(960).code == 960)
        control.advance(milliseconds: 20)
        #expect(pcm.read(320).code == 320)
    }

    @Test("a change of drift takes effect from its frame on")
    func driftAtFrame() throws {
        let (name, control) = try TestDevices.make { $0.script = "ppm@8000:100000" }
        let pcm = try ClientPCM(name, ClientPCM.Setup(periodFrames: 1_600, bufferFrames: 32_000))
        pcm.start()
        control.advance(milliseconds: 1_000)
        // Half a second at 16 000 Hz, half at 17 600.
        #expect(pcm.available == 8_000 + 8_800)
    }

    @Test(
        "what it does not understand is refused when the device is opened",
        arguments: ["xrun", "xrun@", "explode@100", "xrun@-1", "xrun@200,xrun@100", "xrun@100:", "xrun@100;"])
    func nonsense(script: String) throws {
        let (name, _) = try TestDevices.make { $0.script = script }
        #expect(throws: ClientPCM.Refused(operation: "open", code: -EINVAL)) { try ClientPCM(name) }
    }
}
