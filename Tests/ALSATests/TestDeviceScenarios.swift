import CALSA
import Glibc
import Synchronization
import TestDevice
import Testing

/// What any ALSA card does. Here on the test device; with `Scripts/kernel-test` on the kernel's own, which
/// keeps the test device honest. Real time: a period is 10 ms.
@Suite("Scenarios: ALSA as a client meets it", .serialized)
struct TestDeviceScenarios {
    private static let count = Mutex(0)
    private let card: ScenarioCard

    init() throws {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        card = try ScenarioCard(bench: TestDevices.shared(), name: "scenario\(number)")
    }

    /// 16 kHz mono, 10 ms periods. `bufferFrames` is the patience of the device.
    private func open(
        _ direction: ClientPCM.Direction, access: ClientPCM.Access = .readWrite, bufferFrames: Int = 16_000,
        isBlocking: Bool = false
    ) throws -> ClientPCM {
        let name = direction == .capture ? card.capture : card.playback
        let setup = ClientPCM.Setup(
            direction: direction, access: access, periodFrames: 160, bufferFrames: bufferFrames,
            isBlocking: isBlocking)
        return try ClientPCM(name, setup)
    }

    /// A running capture stream from which one period has been read.
    private func startedCapture(access: ClientPCM.Access = .readWrite, bufferFrames: Int = 16_000) throws
        -> ClientPCM
    {
        let pcm = try open(.capture, access: access, bufferFrames: bufferFrames)
        #expect(pcm.start() == 0)
        #expect(pcm.poll()?.events == POLLIN)
        #expect(pcm.read(160).code == 160)
        return pcm
    }

    @Test("what is played is heard: every frame, in order, once", arguments: ClientPCM.Access.allCases)
    func gapFree(access: ClientPCM.Access) throws {
        let ear = try open(.capture, access: access)
        let mouth = try open(.playback, access: access)
        #expect(ear.start() == 0)
        // In one piece, because the first write starts the stream. (mmap has to be started.)
        #expect(mouth.write(rampBytes(from: 1, frames: 12_800)) == 12_800)
        if mouth.state == SND_PCM_STATE_PREPARED { #expect(mouth.start() == 0) }

        var heard: [UInt8] = []
        for _ in 0..<1_000 where heard.count / 2 < 8_000 {
            try #require(ear.poll()?.events == POLLIN)
            let (bytes, code) = ear.read(160)
            try #require(code > 0)
            if !heard.isEmpty || bytes.contains(where: { $0 != 0 }) { heard += bytes }
        }
        try #require(heard.count / 2 >= 8_000)
        // The first period heard may begin with the silence before the sound.
        let silent = heard.indices.first { heard[$0] != 0 }.map { $0 / 2 } ?? 0
        let first = SampleFormat.s16.integer(heard, at: silent * 2)
        #expect(first == 1)
        #expect(wrongRampSamples(Array(heard.dropFirst(silent * 2)), from: Int(first)) == 0)
    }

    @Test("frames come at the rate, and none before its time")
    func pace() throws {
        let pcm = try startedCapture()
        let began = nanoseconds()
        var frames = 0
        while frames < 4_800 {
            try #require(pcm.poll()?.events == POLLIN)
            frames += pcm.read(160).code
        }
        // A late test sees frames late, never early: 4 800 frames take 300 ms, less the period under way.
        #expect(nanoseconds() - began >= 280_000_000)
    }

    @Test(
        "a client that comes too late: EPIPE in state XRUN, then prepare and start",
        arguments: ClientPCM.Access.allCases)
    func overrun(access: ClientPCM.Access) throws {
        let pcm = try startedCapture(access: access, bufferFrames: 640)
        beLate(milliseconds: 100)
        #expect(pcm.poll()?.events == POLLIN | POLLERR)
        #expect(pcm.read(160).code == -Int(EPIPE))
        #expect(pcm.state == SND_PCM_STATE_XRUN)
        // libasound answers for a plug-in by its state, the kernel for itself.
        #expect(pcm.start() == (ScenarioCard.isKernel ? -EBADFD : -EPIPE))
        #expect(pcm.prepare() == 0)
        #expect(pcm.start() == 0)
        #expect(pcm.poll()?.events == POLLIN)
        #expect(pcm.read(160).code == 160)
    }

    @Test("a speaker that is not fed: EPIPE, then prepare and write")
    func underrun() throws {
        let pcm = try open(.playback, bufferFrames: 640)
        #expect(pcm.write(rampBytes(from: 0, frames: 640)) == 640)
        beLate(milliseconds: 100)
        #expect(pcm.poll()?.events == POLLOUT | POLLERR)
        #expect(pcm.write(rampBytes(from: 0, frames: 160)) == -Int(EPIPE))
        #expect(pcm.state == SND_PCM_STATE_XRUN)
        #expect(pcm.prepare() == 0)
        #expect(pcm.write(rampBytes(from: 0, frames: 160)) == 160)
        #expect(pcm.state == SND_PCM_STATE_RUNNING)
    }

    @Test("a speaker is started with something to play, or not at all")
    func emptyStart() throws {
        let pcm = try open(.playback)
        #expect(pcm.start() == -EPIPE)
        #expect(pcm.write(rampBytes(from: 0, frames: 160)) == 160)
        #expect(pcm.start() == -EBADFD)
        #expect(pcm.state == SND_PCM_STATE_RUNNING)
    }

    @Test("a stream has one client: the second gets EBUSY")
    func busy() throws {
        let pcm = try open(.capture)
        #expect(throws: ClientPCM.Refused(operation: "open", code: -EBUSY)) { try open(.capture) }
        #expect(pcm.start() == 0)
    }

    @Test("a microphone that is not started has nothing to say")
    func notStarted() throws {
        let pcm = try open(.capture)
        #expect(pcm.state == SND_PCM_STATE_PREPARED)
        #expect(pcm.available == 0)
        #expect(pcm.eventsNow() == 0)
    }

    @Test("an unplug: POLLERR and POLLNVAL, then ENODEV; back again, the device opens as before")
    func unplug() throws {
        do {
            let pcm = try startedCapture()
            card.unplug()
            // Frames from before may still be announced.
            #expect(eventually { pcm.poll()?.events == POLLERR | POLLNVAL })
            #expect(pcm.read(160).code == -Int(ENODEV))
            #expect(pcm.state == SND_PCM_STATE_DISCONNECTED)
            #expect(pcm.prepare() == -ENODEV)
            #expect(throws: ClientPCM.Refused(operation: "open", code: -ENODEV)) { try open(.capture) }
        }
        #expect(card.replug())
        // The kernel makes the device node a little after the card.
        var again: ClientPCM?
        #expect(
            eventually {
                again = try? open(.capture)
                return again != nil
            })
        let pcm = try #require(again)
        #expect(pcm.start() == 0)
        #expect(pcm.poll()?.events == POLLIN)
        #expect(pcm.read(160).code == 160)
    }

    @Test("an unplug under a blocked read ends it")
    func unplugWhileBlocked() throws {
        let name = card.capture
        let running = Mutex(false)
        let call = BlockingCall {
            guard
                let pcm = try? ClientPCM(
                    name, ClientPCM.Setup(periodFrames: 160, bufferFrames: 16_000, isBlocking: true))
            else { return 0 }
            pcm.start()
            while true {
                let code = pcm.read(160).code
                if code < 0 { return code }
                running.withLock { $0 = true }
            }
        }
        #expect(eventually { running.withLock { $0 } })
        card.unplug()
        // The kernel says EBADFD to a read it was blocked in, ENODEV to the next; the test device ENODEV.
        let code = call.finish()
        #expect(code == -Int(ENODEV) || (ScenarioCard.isKernel && code == -Int(EBADFD)))
        #expect(card.replug())
    }

    /// The client does something else for a while: lateness is what the scenario is about.
    private func beLate(milliseconds: UInt32) {
        usleep(milliseconds * 1_000)
    }

    private func nanoseconds() -> Int {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1_000_000_000 + now.tv_nsec
    }
}
