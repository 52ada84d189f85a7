import Glibc
import System
import TestDevice
import Timeline

/// What can happen to a microphone.
enum DeviceFault: String, CaseIterable {
    /// The device overruns, again and again.
    case xrun
    /// It is suspended, again and again.
    case suspend
    /// It is pulled out, and put back.
    case unplug
    /// Every handle answers EBADFD as soon as it works.
    case ebadfd
    /// Every handle answers EIO as soon as it works.
    case eio
    /// Its clock stands still, for less time than it takes to be called hung.
    case stall
    /// Its clock stands still for longer.
    case hang
    /// Its clock is 500 ppm fast, or slow.
    case fast
    case slow
    /// It is not there yet.
    case late

    var driftPartsPerMillion: Double {
        switch self {
        case .fast: 500
        case .slow: -500
        default: 0
        }
    }

    /// What the record of the loss says. A busy machine may add an overrun of its own.
    var cause: GapCause {
        switch self {
        case .xrun, .fast, .slow: .xrun
        case .suspend: .suspend
        case .unplug, .ebadfd, .late: .unplugged
        case .eio, .stall, .hang: .deviceError
        }
    }

    /// Nothing is lost.
    var isDrift: Bool { driftPartsPerMillion != 0 }
    /// The device's clock does not count what is lost.
    var stopsClock: Bool { self == .stall || self == .hang }
}

/// The microphone of a run, and how each fault is brought about on it: the test device with a ramp to hear,
/// or the kernel's loopback card, which hears silence.
final class FaultyDevice {
    struct Refused: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    let name: String
    private let control: DeviceControl?
    private let card: ScenarioCard?
    private var nextHold: Int64 = 0

    init() throws {
        guard ScenarioCard.isKernel else {
            let made = try StageDevices.make()
            (name, control, card) = (made.name, made.control, nil)
            return
        }
        let card = try ScenarioCard(bench: DeviceBench.ofProcess.get(), name: "loopback")
        (name, control, self.card) = (card.capture, nil, card)
    }

    /// Set where the kernel's time passes only while everyone waits; the guest cannot tell by itself.
    static let isVirtualTime = getenv("EARPOST_DEVICES_VIRTUAL_TIME") != nil

    /// User-mode Linux in real time is late by what the host has else to do, its card with it: that card may
    /// lose frames of its own, and times are judged with a second's grace. In virtual time they are exact.
    static var isAtHostsMercy: Bool { ScenarioCard.isKernel && !isVirtualTime }

    static var kind: String {
        ScenarioCard.isKernel ? isVirtualTime ? "kernel, virtual time" : "kernel" : "test device"
    }

    /// Why this device cannot have `fault`; nil where it can.
    static func obstacle(to fault: DeviceFault) -> String? {
        guard ScenarioCard.isKernel else { return nil }
        return switch fault {
        case .ebadfd: "the kernel says EBADFD to a call that was blocked during an unplug; capture polls"
        case .eio: "the loopback card has no transfer that can fail"
        case .stall, .hang: "the loopback card's timer cannot be stopped"
        case .fast, .slow: access("/usr/bin/amixer", X_OK) == 0 ? nil : "needs amixer (alsa-utils)"
        case .xrun, .suspend, .unplug, .late: nil
        }
    }

    /// The fault begins.
    func begin(_ fault: DeviceFault) throws {
        switch fault {
        case .unplug, .late: unplug()
        case .stall: control?.stall()
        case .hang: control?.hang()
        case .fast, .slow: try drift(fault.driftPartsPerMillion)
        case .xrun, .suspend, .ebadfd, .eio: break
        }
    }

    /// Some milliseconds of it have passed.
    func goOn(_ fault: DeviceFault, _ rig: FaultRig) throws {
        switch fault {
        case .xrun: overrun(rig)
        case .suspend: try suspend()
        case .ebadfd: control?.breakHandle(.capture)
        case .eio: control?.injectIOError(.capture)
        case .unplug, .late, .stall, .hang, .fast, .slow: break
        }
    }

    /// It is over.
    func end(_ fault: DeviceFault) throws {
        switch fault {
        case .unplug, .late: try replug()
        case .stall, .hang: control?.resume()
        case .fast, .slow: try drift(0)
        case .xrun, .suspend, .ebadfd, .eio: break
        }
    }

    func unplug() {
        control?.unplug()
        card?.unplug()
    }

    func replug() throws {
        control?.replug()
        guard card?.replug() ?? true else { throw Refused("the kernel did not take the card back") }
    }

    func injectXrun() { control?.injectXrun(.capture) }
    func breakHandle() { control?.breakHandle(.capture) }
    func injectIOError() { control?.injectIOError(.capture) }

    /// The kernel's card overruns when nobody reads it: its reader is held.
    private func overrun(_ rig: FaultRig) {
        guard card != nil else {
            injectXrun()
            return
        }
        let now = Clocks.monotonic
        guard now >= nextHold else { return }
        rig.captureMeter.hold()
        nextHold = now + 600_000_000
    }

    /// The kernel freezes everything, suspends its devices for a second, and wakes them.
    private func suspend() throws {
        guard card != nil else {
            control?.suspend(.capture)
            return
        }
        try write("1", to: "/sys/module/suspend/parameters/pm_test_delay")
        try write("devices", to: "/sys/power/pm_test")
        try write("freeze", to: "/sys/power/state")
    }

    private func drift(_ partsPerMillion: Double) throws {
        guard card != nil else {
            control?.drift(ppm: partsPerMillion)
            return
        }
        // What the card calls a shift is how long its second is: a longer one is a slower clock.
        let shift = 100_000 - Int(partsPerMillion / 10)
        let status = try ChildProcess(
            [
                "/usr/bin/amixer", "-q", "-c", "Loopback", "cset",
                "iface=PCM,name='PCM Rate Shift 100000',device=1", "\(shift)",
            ], environment: [], log: "/dev/null"
        ).wait(seconds: 20)
        guard status == 0 else { throw Refused("amixer: \(status)") }
    }

    private func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw Refused("\(path): errno \(errno)") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw Refused("\(path): errno \(errno)")
        }
    }
}
