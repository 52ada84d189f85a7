import Glibc
import Synchronization

/// A card whose microphone hears its speaker, for scenarios that run on the test device and on a real kernel.
///
/// On the test device it is a device with air in between; with `EARPOST_DEVICE=kernel` in the environment
/// (`Scripts/kernel-test` sets it) it is `hw:Loopback` of snd-aloop. A scenario does not know which, except
/// where the two are known to differ, and there it asks `isKernel`. Both live in real time.
package final class ScenarioCard: Sendable {
    /// Whether scenarios run on the kernel's own ALSA.
    package static var isKernel: Bool {
        guard let device = unsafe getenv("EARPOST_DEVICE") else { return false }
        return unsafe String(cString: device) == "kernel"
    }

    /// The PCM to capture from.
    package let capture: String
    /// The PCM whose sound it hears.
    package let playback: String

    private let control: DeviceControl?
    /// The kernel's unplug, which returns when the last handle is closed.
    private let unbinding = Mutex<BlockingCall<Bool>?>(nil)

    private static let driver = "/sys/bus/platform/drivers/snd_aloop"

    /// Takes the kernel's card, or adds one named `name` to `bench`.
    package init(bench: DeviceBench, name: String) throws(DeviceError) {
        guard !Self.isKernel else {
            capture = "hw:Loopback,1,0"
            playback = "hw:Loopback,0,0"
            control = nil
            return
        }
        var description = DeviceDescription(name)
        description.air = DeviceDescription.Air(name: name)
        control = try bench.add(description)
        capture = name
        playback = name
    }

    /// Pulls the card. Handles notice at once; the kernel forgets the card when they are closed.
    package func unplug() {
        guard let control else {
            unbinding.withLock {
                $0 = BlockingCall { writeText("snd_aloop.0", to: Self.driver + "/unbind") }
            }
            return
        }
        control.unplug()
    }

    /// Puts the card back, after every handle from before is closed. False: the kernel did not take it.
    package func replug() -> Bool {
        guard let control else {
            let unbound = unbinding.withLock { $0 }?.finish() ?? false
            return unbound && writeText("snd_aloop.0", to: Self.driver + "/bind")
        }
        control.replug()
        return true
    }
}

private func writeText(_ text: String, to path: String) -> Bool {
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    return unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) } == bytes.count
}
