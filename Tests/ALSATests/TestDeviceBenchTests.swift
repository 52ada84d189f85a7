import CALSA
import Glibc
import TestDevice
import Testing

@Suite("A bench gives its devices names that ALSA finds")
struct TestDeviceBenchTests {
    @Test("a name is given once, and is letters, digits, _ and -")
    func names() throws {
        let bench = try DeviceBench()
        try bench.add(DeviceDescription("mic"))
        #expect(throws: DeviceError.nameTaken("mic")) { try bench.add(DeviceDescription("mic")) }
        for bad in ["", "a b", "a/b", "a.b", "é"] {
            #expect(throws: DeviceError.badName(bad)) { try bench.add(DeviceDescription(bad)) }
        }
    }

    @Test("its directory holds the configuration, and goes with it")
    func directory() throws {
        var path = ""
        do {
            let bench = try DeviceBench()
            try bench.add(DeviceDescription("mic").with { $0.outfile = "quote\"back\\slash" })
            path = bench.directory
            #expect(bench.environment.first?.value == bench.configurationPath)
            let text = String(decoding: fileBytes(bench.configurationPath), as: UTF8.self)
            #expect(text.contains("pcm.mic {"))
            #expect(text.contains(#"outfile "quote\"back\\slash""#))
            #expect(unsafe access(path, F_OK) == 0)
        }
        #expect(unsafe access(path, F_OK) == -1)
    }

    @Test("devices added from many threads are all found")
    func concurrentAdding() async throws {
        let bench = try DeviceBench()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { _ = try bench.add(DeviceDescription("mic\(number)")) }
            }
            try await group.waitForAll()
        }
        let text = String(decoding: fileBytes(bench.configurationPath), as: UTF8.self)
        for number in 0..<20 { #expect(text.contains("pcm.mic\(number) {")) }
    }

    @Test("a device that does not exist is not found")
    func unknownName() throws {
        _ = try TestDevices.shared()
        #expect(throws: ClientPCM.Refused(operation: "open", code: -ENOENT)) { try ClientPCM("nobody") }
    }

    @Test("through plug: the device is heard in other formats, and its faults come through")
    func plug() throws {
        let (name, control) = try TestDevices.make {
            $0.formats = [.s32]
            $0.channels = [2]
        }
        let pcm = try ClientPCM("plug:\(name)")
        pcm.start()
        control.advance(milliseconds: 20)
        #expect(pcm.poll()?.events == POLLIN)
        #expect(pcm.read(320).code == 320)
        control.unplug()
        #expect(pcm.poll()?.events == POLLERR | POLLNVAL)
        #expect(pcm.read(320).code == -Int(ENODEV))
    }

    @Test("two devices on one control share clock, plug and faults")
    func sharedControl() throws {
        let (first, control) = try TestDevices.make()
        let (second, _) = try TestDevices.make { $0.sharesControlOf = first }
        let ear = try ClientPCM(first)
        let mouth = try ClientPCM(second, ClientPCM.Setup(direction: .playback))
        #expect(mouth.write(rampBytes(from: 0, frames: 1_280)) == 1_280)
        ear.start()
        control.advance(milliseconds: 20)
        #expect(ear.available == 320)
        #expect(mouth.available == 320)
        control.unplug()
        #expect(ear.poll()?.events == POLLERR | POLLNVAL)
        #expect(mouth.poll()?.events == POLLERR | POLLNVAL)
    }

    @Test("a reset device has no faults, no history and its clock at the beginning")
    func reset() throws {
        let (name, control) = try TestDevices.make()
        do {
            let pcm = try ClientPCM(name)
            pcm.start()
            control.advance(milliseconds: 1_000)
            control.drift(ppm: 500)
            control.stall()
            control.unplug()
        }
        control.reset(manualClock: true)
        #expect(control.counters(.capture) == DeviceControl.Counters())
        #expect(control.now == 1_000_000_000)
        let pcm = try ClientPCM(name)
        pcm.start()
        control.advance(milliseconds: 20)
        #expect(wrongRampSamples(pcm.read(320).bytes, from: 0) == 0)
    }
}
