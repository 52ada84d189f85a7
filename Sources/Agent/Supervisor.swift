import Audio
import Capture
import Crossing
import DeviceRecovery
import Liveness
import SignalChain
import SpeechLink
import Timeline
import Uplink

/// Feels the agent's pulse once a second: reads what the stages publish, and hands it to the two judges of
/// `Liveness`.
///
/// Belongs to the event loop.
final class Supervisor {
    private var vitals = VitalWatch()
    private var microphone = MicrophoneCheck()
    private let hearing: HearingLine
    /// Turns of the second's timer, and of jobs it gave to the loop behind everything else.
    private var turns: (timer: Int64, jobs: Int64) = (0, 0)
    private var heardFrames: Int64 = 0
    private var opens: UInt64 = 0
    /// The last second of sound that was judged, as it came; seconds that follow one another differ in their
    /// number.
    private var judged: Int64 = 0
    /// What is wrong now.
    private(set) var findings: [Finding] = []

    init(hearing: HearingLine) { self.hearing = hearing }

    /// What the microphone's sound tells of its health.
    var condition: MicrophoneCondition { microphone.condition }

    /// The loop has come round to a job that the timer's last turn left it.
    func jobDone() { turns.jobs += 1 }

    /// A second has passed: what is wrong, what is to be done, and whether the watchdog may be petted.
    func examine(link: LinkState, isDiskTroubled: Bool, now: BootTime) -> Verdict {
        turns.timer += 1
        listen(now)
        let verdict = vitals.examine(
            VitalSigns(
                capture: sign(of: hearing.capture.device, frames: captured),
                uplink: StreamPosition(frames: hearing.uplink.position.value), linkTurns: turns.timer,
                controlTurns: turns.jobs, link: link.sign, disk: isDiskTroubled ? .troubled : .well),
            at: now)
        findings = verdict.findings
        return verdict
    }

    private var captured: Int64 {
        Int64(hearing.capture.frames.value) + Int64(hearing.capture.overflowFrames.value)
    }

    private func listen(_ now: BootTime) {
        let device = hearing.capture.device
        if device.opens.value != opens {
            opens = device.opens.value
            microphone.deviceChanged()
        }
        microphone.timePassed(framesCame: captured > heardFrames, at: now)
        heardFrames = captured
        let packed = hearing.uplink.soundFindings.value
        guard packed != judged, let found = SoundFindings(packed: packed) else { return }
        judged = packed
        microphone.heard(
            MicrophoneCheck.Second(
                offset: found.offset, spread: found.spread, isZero: found.isZero,
                clippedShare: found.clippedShare, humShare: max(found.hum50Share, found.hum60Share)))
    }

    private func sign(of device: DeviceVitals, frames: Int64) -> VitalSigns.Device {
        let state: VitalSigns.DeviceState =
            switch DeviceState(rawValue: device.state.value) {
            case .stopped, nil: .stopped
            case .waiting: .waiting
            case .running: .running
            case .recovering: .recovering
            }
        return VitalSigns.Device(
            state: state, frames: frames, rate: PCMFormat(packed: device.format.value)?.rate)
    }
}

extension LinkState {
    fileprivate var sign: VitalSigns.Link {
        switch self {
        case .idle, .closed: .idle
        case .open, .closing: .open
        case .connecting, .waiting: .offline
        case .refused: .refused
        }
    }
}
