import Audio
import Timeline

/// Judges vital signs: what is ill, what is to be done about it, and whether the watchdog may be petted.
///
/// Pure: no clock, no counters, no threads. What counts is progress, in frames where sound is concerned: a
/// stage that moves no frames is ill, however busy it looks. With the standard limits, from the last
/// progress:
///
///                    reopen   re-enumerate   rebuild   restart, no more petting
///     capture         8 s        13 s         18 s         28 s
///     playback        8 s        13 s         18 s         never (rebuilt again each 60 s)
///     uplink                                   8 s         18 s
///     link, control                                        10 s
///     disk                                                 never: killing cures no disk
///
/// No illness: to be offline, to be refused by the service (which is reported), silence in the room, to be
/// muted, a device that is not there, a machine that slept.
package struct VitalWatch: Sendable {
    private let limits: LivenessLimits
    private var capture: Course
    private var playback: Course
    private var uplink: Course
    private var link: Course
    private var control: Course
    private var last: (signs: VitalSigns, time: BootTime)?

    package init(limits: LivenessLimits = LivenessLimits()) {
        self.limits = limits
        func course(_ organ: Organ, _ stages: [RecoveryStage], _ patience: Duration) -> Course {
            Course(organ, stages: stages, patience: patience, limits: limits)
        }
        let device: [RecoveryStage] = [.reopenDevice, .reenumerate, .rebuildStage]
        capture = course(.capture, device + [.restartProcess], limits.patience)
        playback = course(.playback, device, limits.patience)
        uplink = course(.uplink, [.rebuildStage, .restartProcess], limits.patience)
        link = course(.link, [.restartProcess], limits.loopPatience)
        control = course(.control, [.restartProcess], limits.loopPatience)
    }

    /// Looks at `signs`, read at `now`. To be called about once a second.
    package mutating func examine(_ signs: VitalSigns, at now: BootTime) -> Verdict {
        var verdict = Verdict()
        if let last {
            let elapsed = min(max(now - last.time, .zero), limits.stepMax)
            advance(from: last.signs, to: signs, by: elapsed, &verdict)
        }
        last = (signs, now)
        conclude(capture, &verdict)
        conclude(playback, &verdict)
        conclude(uplink, &verdict)
        conclude(link, &verdict)
        conclude(control, &verdict)
        if signs.link == .refused { verdict.findings.append(Finding(organ: .link, stage: nil)) }
        if signs.disk == .troubled { verdict.findings.append(Finding(organ: .disk, stage: nil)) }
        return verdict
    }

    private func conclude(_ course: Course, _ verdict: inout Verdict) {
        if let finding = course.finding { verdict.findings.append(finding) }
        if course.wantsRestart { verdict.mayPet = false }
    }

    private mutating func advance(
        from old: VitalSigns, to new: VitalSigns, by elapsed: Duration, _ verdict: inout Verdict
    ) {
        func note(_ organ: Organ, _ stage: RecoveryStage?) {
            if let stage { verdict.orders.append(.init(organ: organ, stage: stage)) }
        }
        note(.capture, capture.advance(Self.sign(old.capture, new.capture), by: elapsed))
        if let device = new.playback {
            note(.playback, playback.advance(Self.sign(old.playback ?? device, device), by: elapsed))
        }
        let heard = media(old.capture, new.capture, atMost: elapsed)
        note(
            .uplink,
            uplink.advance(
                Self.sign(uplinkFrom: old, to: new, heard), by: heard > .zero ? heard : elapsed))
        note(.link, link.advance(Self.sign(old.linkTurns, new.linkTurns), by: elapsed))
        note(.control, control.advance(Self.sign(old.controlTurns, new.controlTurns), by: elapsed))
    }

    private static func sign(_ old: Int64, _ new: Int64) -> Course.Sign {
        // A counter that goes back is a new one: nothing is known of it yet.
        new > old ? .progress : new < old ? .absent : .still
    }

    private static func sign(_ old: VitalSigns.Device, _ new: VitalSigns.Device) -> Course.Sign {
        switch (sign(old.frames, new.frames), new.state) {
        case (.still, .waiting): .absent
        case (let sign, _): sign
        }
    }

    /// The uplink is measured by what was captured: without frames there is nothing for it to do.
    private static func sign(
        uplinkFrom old: VitalSigns, to new: VitalSigns, _ heard: Duration
    ) -> Course.Sign {
        switch sign(old.uplink.frames, new.uplink.frames) {
        case .still where heard == .zero: .absent
        case let sign: sign
        }
    }

    /// How long the sound lasts that `new` has captured since `old`.
    private func media(
        _ old: VitalSigns.Device, _ new: VitalSigns.Device, atMost elapsed: Duration
    ) -> Duration {
        guard let rate = new.rate ?? old.rate, new.frames > old.frames else { return .zero }
        return min(.nanoseconds(FrameCount(new.frames - old.frames).nanoseconds(at: rate)), elapsed)
    }
}
