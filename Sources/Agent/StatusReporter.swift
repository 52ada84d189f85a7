import ALSA
import Audio
import Capture
import Configuration
import ControlProtocol
import Crossing
import DeviceRecovery
import Journal
import Liveness
import Playback
import SpeechLink
import SpeechProtocol
import Timeline
import Transcript
import Uplink

/// Makes the one snapshot that `status` shows, of what the parts let others see.
struct StatusReporter {
    let configuration: AgentConfiguration
    let started: ClockSample
    let hearing: HearingLine
    let supervisor: Supervisor
    let live: Delivery
    let volatile: RingFileError?
    let allowance: Allowance?
    let backlog: Backlog
    let listen: LinkLog
    let speak: LinkLog
    let conversation: ConversationDesk?

    func snapshot(now: ClockSample) -> StatusSnapshot {
        StatusSnapshot(
            version: Version.program, session: books.session, started: started.wall.rfc3339,
            uptimeSeconds: Double((now.boot - started.boot).wholeNanoseconds / 1_000_000) / 1_000,
            capture: capture(now), uplink: uplink, journal: journal(now),
            link: listen.status(now: now, quota: allowance?.status),
            speak: conversation.map {
                SpeakStatus(state: speak.word, queue: $0.count, lastError: speak.trouble)
            },
            playback: conversation.map { playback($0.line.playback, now) }, ledger: ledger,
            clock: ClockStatus(now: now.wall.rfc3339, steps: books.clockSteps),
            findings: supervisor.findings.map {
                TroubleStatus(message: $0.sentence, remedy: $0.remedy, at: now.wall.rfc3339)
            })
    }

    /// The level of the last moment.
    var level: Level {
        Level(
            peak: Self.decibels(hearing.uplink.peakMillibels.value),
            rms: Self.decibels(hearing.uplink.rmsMillibels.value))
    }

    /// The uplink's thousandths of a decibel; what it calls silence is silence.
    private static func decibels(_ thousandths: Int64) -> Double {
        thousandths <= -120_000 ? -.infinity : Double(thousandths) / 1_000
    }

    var isMuted: Bool { hearing.controls.muted.isRaised }

    /// The word for the state of the microphone.
    var captureState: String {
        if hearing.controls.paused.isRaised { return "paused" }
        let state = hearing.capture.device.word
        return state == "running" && hearing.unusable != nil ? "unusable" : state
    }

    /// What is wrong with the devices now, in a sentence each; nil for one that runs.
    var deviceTroubles: (capture: String?, playback: String?) {
        let now = ClockSample.now
        let playback = conversation?.line.playback.device.trouble(speakerName, now)?.message
        return (captureTrouble(now)?.message, playback)
    }

    private func captureTrouble(_ now: ClockSample) -> TroubleStatus? {
        hearing.capture.device.trouble(configuration.capture.device, now)
            ?? hearing.unusable.map {
                TroubleStatus(message: "\(configuration.capture.device): \($0)", at: now.wall.rfc3339)
            }
    }

    private var speakerName: String {
        switch configuration.playback.device {
        case .none: "none"
        case .named(let device): device
        }
    }

    private func capture(_ now: ClockSample) -> CaptureStatus {
        let device = hearing.capture.device
        let format = PCMFormat(packed: device.format.value)
        var lost = ["xrun": Int(device.xruns.value), "suspend": Int(device.suspends.value)]
        lost["reopened"] = max(0, Int(device.opens.value) - 1)
        let condition = supervisor.condition
        return CaptureStatus(
            device: configuration.capture.device, state: captureState, format: format.map(FormatStatus.init),
            periodFrames: format == nil ? nil : Int(device.periodFrames.value),
            bufferFrames: format == nil ? nil : Int(device.bufferFrames.value), realtime: hearing.isRealtime,
            xruns: lost.filter { $0.value > 0 }, level: format == nil ? nil : level, muted: isMuted,
            trouble: captureTrouble(now), condition: condition.name,
            advice: condition.remedy.map {
                TroubleStatus(message: condition.sentence, remedy: $0, at: now.wall.rfc3339)
            }, driftPartsPerMillion: hearing.uplink.drift.map { Double($0 / 10) / 100 })
    }

    private var uplink: UplinkStatus {
        let rate = configuration.listen.rate
        let position = StreamPosition(frames: hearing.uplink.position.value)
        return UplinkStatus(
            encoding: configuration.listen.encoding.rawValue, rate: rate.hertz,
            channels: configuration.listen.channels,
            positionSeconds: position.seconds(at: rate), packets: Int64(hearing.uplink.packets.value))
    }

    private var books: Bookkeeper { live.books }

    private func journal(_ now: ClockSample) -> JournalStatus {
        let fill = live.log.fill()
        let onDisk = live.log.onDisk.reduce(FrameCount.zero) { $0 + ($1.kind == .packet ? $1.frames : .zero) }
        let pending = books.ledger.pending
        return JournalStatus(
            pendingFrames: pending.value, pendingSeconds: pending.seconds(at: books.rate),
            bytes: Int64(fill.bytes), capacityBytes: Int64(fill.capacity),
            trouble: books.trouble.map {
                TroubleStatus(
                    message: "the transcript cannot be written: \($0)",
                    remedy: "Make room, or see to the rights of transcript.directory.",
                    at: ClockSample.now.wall.rfc3339)
            }, diskSeconds: onDisk.seconds(at: books.rate), keeping: keeping(now),
            backlogSessions: backlog.waiting.count)
    }

    /// Why what waits is not kept as it should be.
    private func keeping(_ now: ClockSample) -> TroubleStatus? {
        if let trouble = live.log.trouble {
            return TroubleStatus(
                message: "\(trouble.message); what waits is kept in memory", remedy: trouble.remedy,
                at: now.wallTime(of: trouble.since).rfc3339)
        }
        return volatile.map {
            TroubleStatus(
                message: "what waits would not outlive the program: \($0.sentence)",
                remedy:
                    "name a file on a tmpfs in journal.ram_file that the user who runs earpostd may write",
                at: started.wall.rfc3339)
        }
    }

    private func playback(_ vitals: PlaybackVitals, _ now: ClockSample) -> PlaybackStatus {
        PlaybackStatus(
            device: speakerName, state: vitals.device.word,
            format: PCMFormat(packed: vitals.device.format.value).map(FormatStatus.init),
            underruns: Int(vitals.device.xruns.value), trouble: vitals.device.trouble(speakerName, now))
    }

    private var ledger: LedgerStatus {
        let line = LedgerLine(
            books.ledger, rate: books.rate, session: books.session, at: started.wall)
        return LedgerStatus(
            rate: line.rate, elapsed: line.elapsed, captured: line.captured, sent: line.sent,
            confirmed: line.confirmed,
            pending: line.pending, dropped: line.dropped, absent: line.absent)
    }
}

extension FormatStatus {
    fileprivate init(_ format: PCMFormat) {
        self.init(rate: format.rate.hertz, channels: format.channels, sample: format.sample.name)
    }
}

extension DeviceVitals {
    /// The word for its state.
    var word: String {
        switch DeviceState(rawValue: state.value) {
        case .stopped, nil: "stopped"
        case .waiting: "waiting"
        case .running: "running"
        case .recovering: "recovering"
        }
    }

    /// What is wrong with the device now; nil while it runs.
    fileprivate func trouble(_ name: String, _ now: ClockSample) -> TroubleStatus? {
        let code = lastError.value
        guard code != 0, DeviceState(rawValue: state.value) != .running else { return nil }
        let error = ALSAError(operation: "snd_pcm_open", code: Int32(code), device: name)
        return TroubleStatus(message: error.event, remedy: error.advice, at: now.wall.rfc3339)
    }
}
