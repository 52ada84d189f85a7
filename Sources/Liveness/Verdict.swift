/// What can be ill.
package enum Organ: String, Hashable, Sendable, CaseIterable {
    case capture, playback, uplink, link, control, disk
}

/// What to do about an ill organ, from mild to harsh. Each is tried only after the milder ones have had their
/// time.
package enum RecoveryStage: Int, Hashable, Sendable, Comparable, CaseIterable {
    /// Close the PCM handle and open it again.
    case reopenDevice
    /// Look for the device afresh, under any name it may have now, and open it.
    case reenumerate
    /// End the stage's thread, build it anew.
    case rebuildStage
    /// End the process; the service manager starts it again. The watchdog is petted no more, in case the end
    /// does not come by itself.
    case restartProcess

    package static func < (left: RecoveryStage, right: RecoveryStage) -> Bool {
        left.rawValue < right.rawValue
    }

    /// For people: what is being done.
    package var sentence: String {
        switch self {
        case .reopenDevice: "the device is opened again"
        case .reenumerate: "the device is looked for again"
        case .rebuildStage: "the stage is built anew"
        case .restartProcess: "the program is started again"
        }
    }
}

/// One thing that is wrong, for `status` and the log.
package struct Finding: Hashable, Sendable {
    package let organ: Organ
    /// What is being tried; nil where only a person or time can help.
    package let stage: RecoveryStage?

    package init(organ: Organ, stage: RecoveryStage?) {
        self.organ = organ
        self.stage = stage
    }

    /// One clause: what is wrong.
    package var sentence: String {
        switch organ {
        case .capture: "the microphone's device says it runs, but no frames come"
        case .playback: "the speaker's device says it runs, but takes no frames"
        case .uplink: "captured frames are not made into packets"
        case .link:
            stage == nil ? "the speech service refuses this client" : "the event loop's timers stand still"
        case .control: "control requests are not carried out"
        case .disk:
            "the disk does not take what is to be kept: it is kept in memory, and a power cut loses it"
        }
    }

    /// One clause: what to do, if it does not pass.
    package var remedy: String {
        switch organ {
        case .capture, .playback:
            "unplug the device and plug it in again; a USB device may want another port or a powered hub"
        case .uplink, .control: "the program cures itself by a restart; if it returns, report it"
        case .link:
            stage == nil
                ? "see what the service said: the key, the address or the account must change"
                : "the program cures itself by a restart; if it returns, report it"
        case .disk: "look at the disk: full, read-only or dying; `df` and the kernel's log say which"
        }
    }
}

/// What an examination concludes.
package struct Verdict: Hashable, Sendable {
    /// To be carried out now; each is said once.
    package struct Order: Hashable, Sendable {
        package let organ: Organ
        package let stage: RecoveryStage

        package init(organ: Organ, stage: RecoveryStage) {
            self.organ = organ
            self.stage = stage
        }
    }

    /// What is wrong, as long as it is.
    package var findings: [Finding] = []
    /// What to do that was not said before.
    package var orders: [Order] = []
    /// Whether the service manager's watchdog may be told that all is well.
    package var mayPet = true

    package init() {}
}
