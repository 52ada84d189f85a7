import CALSA
import Glibc
import TestDevice
import Testing

/// How a client takes its frames; errors reach each by another road.
enum Style: CaseIterable {
    /// A read that would block returns instead.
    case read
    /// poll, then read.
    case poll
    /// poll, then mmap.
    case mmap

    var access: ClientPCM.Access { self == .mmap ? .mmap : .readWrite }
}

@Suite("The test device fails as a card does")
struct TestDeviceFaultTests {
    /// A running capture stream, one period read.
    private func capture(
        _ style: Style, _ change: (inout DeviceDescription) -> Void = { _ in }
    ) throws -> (pcm: ClientPCM, control: DeviceControl, name: String) {
        let (name, control) = try TestDevices.make(change)
        let pcm = try ClientPCM(name, ClientPCM.Setup(access: style.access))
        #expect(pcm.start() == 0)
        control.advance(milliseconds: 20)
        #expect(pcm.poll()?.events == POLLIN)
        #expect(pcm.read(320).code == 320)
        return (pcm, control, name)
    }

    /// A running playback stream with 60 ms of its 80 ms buffer filled and 20 ms played.
    private func playback(_ style: Style) throws -> (pcm: ClientPCM, control: DeviceControl, name: String) {
        let (name, control) = try TestDevices.make()
        let pcm = try ClientPCM(name, ClientPCM.Setup(direction: .playback, access: style.access))
        #expect(pcm.write(rampBytes(from: 0, frames: 1_280)) == 1_280)
        if pcm.state == SND_PCM_STATE_PREPARED { #expect(pcm.start() == 0) }
        control.advance(milliseconds: 20)
        #expect(pcm.poll()?.events == POLLOUT)
        return (pcm, control, name)
    }

    @Test("an xrun: EPIPE until prepared, then as before", arguments: Style.allCases)
    func xrun(style: Style) throws {
        let (pcm, control, _) = try capture(style)
        control.injectXrun()
        if style != .read { #expect(pcm.poll()?.events == POLLIN | POLLERR) }
        #expect(pcm.read(320).code == -Int(EPIPE))
        #expect(pcm.available == -Int(EPIPE))
        #expect(pcm.state == SND_PCM_STATE_XRUN)
        #expect(pcm.recover(-Int(EPIPE)) == 0)
        #expect(pcm.state == SND_PCM_STATE_PREPARED)
        #expect(pcm.start() == 0)
        control.advance(milliseconds: 20)
        #expect(pcm.poll()?.events == POLLIN)
        #expect(wrongRampSamples(pcm.read(320).bytes, from: 320) == 0)
        #expect(control.counters(.capture).xruns == 1)
    }

    @Test("an xrun in playback", arguments: Style.allCases)
    func playbackXrun(style: Style) throws {
        let (pcm, control, _) = try playback(style)
        control.injectXrun(.playback)
        if style != .read { #expect(pcm.poll()?.events == POLLOUT | POLLERR) }
        #expect(pcm.write(rampBytes(from: 0, frames: 320)) == -Int(EPIPE))
        #expect(pcm.state == SND_PCM_STATE_XRUN)
        #expect(pcm.prepare() == 0)
        #expect(pcm.write(rampBytes(from: 0, frames: 320)) == 320)
    }

    @Test("a fault for one direction leaves the other alone")
    func faultsHaveDirections() throws {
        let (pcm, control, _) = try capture(.poll)
        control.injectXrun(.playback)
        control.advance(milliseconds: 20)
        #expect(pcm.read(320).code == 320)
    }

    @Test("a suspend: ESTRPIPE until resumed, then prepared", arguments: Style.allCases)
    func suspend(style: Style) throws {
        let (pcm, control, _) = try capture(style)
        control.suspend()
        if style != .read { #expect(pcm.poll()?.events == POLLIN | POLLERR) }
        #expect(pcm.read(320).code == -Int(ESTRPIPE))
        #expect(pcm.state == SND_PCM_STATE_SUSPENDED)
        #expect(pcm.recover(-Int(ESTRPIPE)) == 0)
        #expect(pcm.state == SND_PCM_STATE_PREPARED)
        #expect(pcm.start() == 0)
        control.advance(milliseconds: 20)
        #expect(wrongRampSamples(pcm.read(320).bytes, from: 320) == 0)
    }

    @Test(
        "an unplug: ENODEV for good; the device can be opened again when it is back",
        arguments: Style.allCases)
    func unplug(style: Style) throws {
        let (pcm, control, name) = try capture(style)
        control.unplug()
        if style != .read { #expect(pcm.poll()?.events == POLLERR | POLLNVAL) }
        #expect(pcm.read(320).code == -Int(ENODEV))
        #expect(pcm.state == SND_PCM_STATE_DISCONNECTED)
        #expect(throws: ClientPCM.Refused(operation: "open", code: -ENODEV)) { try ClientPCM(name) }

        control.replug()
        #expect(pcm.read(320).code == -Int(ENODEV))
        #expect(pcm.prepare() == -ENODEV)
    }

    @Test("after a replug the ramp shows how long it was away")
    func replug() throws {
        var (pcm, control, name) = try capture(.poll)
        control.unplug()
        #expect(pcm.read(320).code == -Int(ENODEV))
        control.advance(milliseconds: 1_000)
        control.replug()
        // The dead handle still has the device, as with any card that a client has not closed.
        #expect(throws: ClientPCM.Refused(operation: "open", code: -EBUSY)) { try ClientPCM(name) }
        pcm = try { try reopen(name, after: &pcm) }()
        pcm.start()
        control.advance(milliseconds: 20)
        #expect(wrongRampSamples(pcm.read(320).bytes, from: 1_020 * 16) == 0)
        #expect(control.counters(.capture).openRefusals == 1)
        #expect(control.counters(.capture).opens == 2)
    }

    /// Closes what `pcm` holds, then opens `name`.
    private func reopen(_ name: String, after pcm: inout ClientPCM) throws -> ClientPCM {
        let (spare, _) = try TestDevices.make()
        pcm = try ClientPCM(spare)
        return try ClientPCM(name)
    }

    @Test("an unplug in playback", arguments: Style.allCases)
    func playbackUnplug(style: Style) throws {
        let (pcm, control, _) = try playback(style)
        control.unplug()
        if style != .read { #expect(pcm.poll()?.events == POLLERR | POLLNVAL) }
        #expect(pcm.write(rampBytes(from: 0, frames: 320)) == -Int(ENODEV))
        #expect(pcm.state == SND_PCM_STATE_DISCONNECTED)
    }

    @Test("an I/O error: once, and nothing is lost", arguments: Style.allCases)
    func ioError(style: Style) throws {
        let (pcm, control, _) = try capture(style)
        control.injectIOError()
        control.advance(milliseconds: 20)
        if style != .read { #expect(pcm.poll()?.events == POLLIN) }
        #expect(pcm.read(320).code == -Int(EIO))
        let (bytes, code) = pcm.read(320)
        #expect(code == 320)
        #expect(wrongRampSamples(bytes, from: 320) == 0)
    }

    @Test("a broken handle: EBADFD from everything until it is closed", arguments: Style.allCases)
    func badState(style: Style) throws {
        let (pcm, control, _) = try capture(style)
        control.advance(milliseconds: 20)
        #expect(pcm.available == 320)
        control.breakHandle()
        if style != .read {
            let result = pcm.poll()
            #expect(result?.events == POLLERR | POLLNVAL)
            #expect(result?.code == -EBADFD)
        }
        #expect(pcm.available >= 0)
        #expect(pcm.read(320).code == -Int(EBADFD))
        #expect(pcm.prepare() == -EBADFD)
    }

    @Test("a blocked read on a broken handle returns EBADFD")
    func badStateWhileBlocked() throws {
        let (name, control) = try TestDevices.make { $0.script = "ebadfd@100" }
        let call = BlockingCall { blockingReads(name, frames: 320, count: 2) }
        #expect(eventually { control.counters(.capture).starts == 1 })
        control.advance(milliseconds: 10)
        #expect(call.finish() == [-Int(EBADFD), -Int(EBADFD)])
    }

    @Test("a stall: no frame and no event, then on without a jump", arguments: Style.allCases)
    func stall(style: Style) throws {
        let (pcm, control, _) = try capture(style)
        control.stall()
        control.advance(milliseconds: 10_000)
        #expect(pcm.eventsNow() == 0)
        #expect(pcm.read(320).code == -Int(EAGAIN))
        #expect(pcm.state == SND_PCM_STATE_RUNNING)
        control.resume()
        control.advance(milliseconds: 20)
        #expect(pcm.poll()?.events == POLLIN)
        #expect(wrongRampSamples(pcm.read(320).bytes, from: 320) == 0)
    }

    @Test("a blocked read on a stalled device returns EIO after the kernel's limit")
    func stallWhileBlocked() throws {
        let (name, control) = try TestDevices.make { $0.script = "stall@640" }
        let call = BlockingCall { blockingReads(name, frames: 320, count: 3) }
        #expect(eventually { control.counters(.capture).starts == 1 })
        control.advance(milliseconds: 40)
        #expect(eventually { control.counters(.capture).framesTransferred == 640 })
        #expect(call.finish { control.advance(milliseconds: 10) } == [320, 320, -Int(EIO)])
    }

    @Test("a blocked read on a hung device returns when the device is back, and not before")
    func hangWhileBlocked() throws {
        // A stalled device beside the hung one shows when a call would have given up.
        let (hung, control) = try TestDevices.make { $0.script = "hang@640" }
        let (stalled, stalledControl) = try TestDevices.make { $0.script = "stall@640" }
        let call = BlockingCall { blockingReads(hung, frames: 320, count: 3) }
        let stalledCall = BlockingCall { blockingReads(stalled, frames: 320, count: 3) }
        for device in [control, stalledControl] {
            #expect(eventually { device.counters(.capture).starts == 1 })
            device.advance(milliseconds: 40)
            #expect(eventually { device.counters(.capture).framesTransferred == 640 })
        }
        control.advance(milliseconds: 3_600_000)
        let given = stalledCall.finish {
            control.advance(milliseconds: 10)
            stalledControl.advance(milliseconds: 10)
        }
        #expect(given == [320, 320, -Int(EIO)])
        #expect(call.value == nil)
        control.resume()
        control.advance(milliseconds: 20)
        #expect(call.finish() == [320, 320, 320])
    }

    @Test("opening fails with the error asked for, until it is taken back", arguments: [EBUSY, EACCES, EIO])
    func refusesToOpen(error: Int32) throws {
        let (name, control) = try TestDevices.make()
        control.refuseOpening(error)
        #expect(throws: ClientPCM.Refused(operation: "open", code: -error)) { try ClientPCM(name) }
        control.refuseOpening(nil)
        _ = try ClientPCM(name)
        #expect(control.counters(.capture).openRefusals == 1)
    }

    @Test("a second handle on an exclusive stream: EBUSY; on a shared one: open")
    func exclusive() throws {
        let (name, _) = try TestDevices.make()
        let first = try ClientPCM(name)
        #expect(throws: ClientPCM.Refused(operation: "open", code: -EBUSY)) { try ClientPCM(name) }
        _ = try ClientPCM(name, ClientPCM.Setup(direction: .playback))
        #expect(first.start() == 0)

        let (shared, _) = try TestDevices.make { $0.isExclusive = false }
        let one = try ClientPCM(shared)
        let other = try ClientPCM(shared)
        #expect(one.start() == 0)
        #expect(other.start() == 0)
    }

    @Test("parameters the device does not have are refused as a card refuses them")
    func constraints() throws {
        let (name, _) = try TestDevices.make {
            $0.formats = [.s32]
            $0.rates = [48_000]
            $0.channels = [2]
            $0.periodFrames = 48...4_800
            $0.bufferFrames = 96...19_200
        }
        var right = ClientPCM.Setup(
            format: .s32, channels: 2, rate: 48_000, periodFrames: 480, bufferFrames: 1_920)
        _ = try ClientPCM(name, right)
        func refusal(_ change: (inout ClientPCM.Setup) -> Void) -> String? {
            var wrong = right
            change(&wrong)
            do {
                _ = try ClientPCM(name, wrong)
                return nil
            } catch let refused as ClientPCM.Refused {
                return refused.code == -EINVAL ? refused.operation : "another error"
            } catch {
                return "another error"
            }
        }
        #expect(refusal { $0.format = .s16 } == "format")
        #expect(refusal { $0.channels = 1 } == "channels")
        #expect(refusal { $0.rate = 16_000 } == "rate")
        #expect(refusal { $0.periodFrames = 32 } == "period")
        #expect(refusal { $0.bufferFrames = 38_400 } == "buffer")
        right.access = .mmap
        _ = try ClientPCM(name, right)
    }

    @Test("late wake-ups: within the bound, and no frame lost or moved")
    func jitter() throws {
        let (name, control) = try TestDevices.make()
        control.setJitter(microseconds: 8_000)
        let pcm = try ClientPCM(name)
        pcm.start()
        for index in 0..<50 {
            control.advance(milliseconds: 20)
            // The interrupt may be late; the frames are not, and 8 ms later so is nothing.
            #expect(pcm.available == 320)
            #expect(wrongRampSamples(pcm.read(320).bytes, from: index * 320) == 0)
        }
        control.advance(milliseconds: 28)
        #expect(pcm.poll()?.events == POLLIN)
    }
}

/// `count` blocking reads on a new handle, with their results.
func blockingReads(_ name: String, frames: Int, count: Int) -> [Int] {
    guard let pcm = try? ClientPCM(name, ClientPCM.Setup(isBlocking: true)) else { return [] }
    pcm.start()
    return (0..<count).map { _ in pcm.read(frames).code }
}
