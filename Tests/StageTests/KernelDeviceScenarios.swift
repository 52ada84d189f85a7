import ALSA
import Audio
import Capture
import Crossing
import DeviceRecovery
import Glibc
import Playback
import TestDevice
import Testing
import Timeline

/// The same loops against the kernel's own devices (snd-aloop): what `Scripts/kernel-test` runs, as root.
/// One of them takes the card away.
@Suite("Against a real kernel", .serialized, .enabled(if: ScenarioCard.isKernel))
struct KernelDeviceScenarios {
    private static let speaker = "hw:CARD=Loopback,DEV=0"
    private static let microphone = "hw:CARD=Loopback,DEV=1"

    @Test("what is played comes back through the loopback card, every sample in order")
    func roundTrip() throws {
        let speaker = try PlaybackRig(Self.speaker)
        speaker.wait { $0.state == .running }
        let microphone = try CaptureRig(Self.microphone)
        microphone.read { $0.counts.count >= 4_800 }
        speaker.announce()
        speaker.play(24_000)
        speaker.waitUntilAllIsHeard()
        let heard = microphone.counts.count
        microphone.read { $0.counts.count >= heard + 9_600 }
        microphone.finish()
        speaker.finish()
        let sound = runs(ofSoundIn: microphone.counts.map { Int16(bitPattern: $0) })
        expectSound(sound, [Array(1...24_000)])
        #expect(microphone.marks.map(\.kind) == [.opened, .closed])
        #expect(speaker.vitals.device.xruns.value == 0)
        #expect(speaker.vitals.silences.value == 1)
    }

    @Test("barge-in silences the device at once")
    func bargeIn() throws {
        let speaker = try PlaybackRig(Self.speaker)
        speaker.wait { $0.state == .running }
        let microphone = try CaptureRig(Self.microphone)
        microphone.read { $0.counts.count >= 4_800 }
        speaker.announce()
        speaker.play(32_000)
        speaker.wait { $0.vitals.heard.value >= 9_600 }
        speaker.discardBefore.set(Int64(speaker.written))
        speaker.waitUntilAllIsHeard()
        speaker.play(480)
        speaker.waitUntilAllIsHeard()
        let heard = microphone.counts.count
        microphone.read { $0.counts.count >= heard + 9_600 }
        microphone.finish()
        speaker.finish()
        let sound = runs(ofSoundIn: microphone.counts.map { Int16(bitPattern: $0) })
        expectSound(sound.suffix(1), [Array(32_001...32_480)])
        #expect((sound.first?.count).map { $0 < 9_600 } == true, "\(sound.map(\.count))")
    }

    @Test("a card taken away and given back costs a gap that is told")
    func unbind() throws {
        let microphone = try CaptureRig(Self.microphone)
        microphone.read { $0.counts.count >= 4_800 }
        control("unbind")
        microphone.read { $0.state == .waiting }
        control("bind")
        let before = microphone.counts.count
        microphone.read { $0.counts.count >= before + 4_800 }
        #expect(microphone.story == [.opened, .closed, .opened, .missing])
        #expect(microphone.marks(.closed).first?.cause == .unplugged)
        #expect(microphone.marks(.missing).first.map { $0.missing > 0 } == true)
        microphone.finish()
    }

    @Test("a reader that is late overruns, and recovers when told to")
    func overrun() throws {
        var pcm = try PCM.open(Self.microphone, .capture)
        let setup = try pcm.configure(
            PCMRequest(rate: SampleRate(hertz: 48_000), channels: 1, periodMicroseconds: 10_000))
        var code = pcm.start()
        #expect(code == 0)
        // Nobody reads: the kernel stops the device when its buffer is full.
        var outcome = pcm.wait(milliseconds: 1_000)
        for _ in 0..<200 where outcome == .ready {
            var none = pollfd()
            _ = unsafe poll(&none, 0, 10)
            outcome = pcm.wait(milliseconds: 1_000)
        }
        #expect(outcome == .trouble(.xrun))
        let recovered = pcm.recover(from: .xrun)
        #expect(recovered == .prepared)
        code = pcm.start()
        #expect(code == 0)
        outcome = pcm.wait(milliseconds: 1_000)
        #expect(outcome == .ready)
        let instant = pcm.timestamp()
        #expect((instant?.availableFrames).map { $0 >= setup.periodFrames } == true)
    }

    @Test("the cards are listed with names that open them")
    func enumeration() throws {
        let cards = try Enumeration.cards()
        let loopback = try #require(cards.first { $0.id == "Loopback" })
        let microphone = try #require(
            loopback.devices.first { $0.name == Self.microphone && $0.direction == .capture })
        guard case .offers(let capabilities) = microphone.access else {
            Issue.record("\(microphone.access)")
            return
        }
        #expect(capabilities.formats.contains(.s16))
        #expect(capabilities.rates.contains(48_000))
        #expect(capabilities.channels.contains(2))
    }

    /// Unbinds the loopback card from its driver, or binds it again.
    private func control(_ verb: String) {
        let descriptor = unsafe open("/sys/bus/platform/drivers/snd_aloop/\(verb)", O_WRONLY | O_CLOEXEC)
        #expect(descriptor >= 0)
        defer { close(descriptor) }
        let written = unsafe write(descriptor, "snd_aloop.0", 11)
        #expect(written == 11)
    }
}
