import ALSA
import Audio
import Crossing
import DeviceRecovery
import Timeline

/// Moves captured frames into the ring, block by block, and tells what happened to time beside them.
struct CaptureEngine: ~Copyable, DeviceEngine {
    private var samples: SampleProducer
    private var marks: MarkQueue
    /// Never committed: a place to read frames to that are dropped.
    private var scratch: SampleProducer
    private let uplink: RealtimeWakeUp
    private let framesKept: RealtimeCounter
    private let framesDropped: RealtimeCounter
    private let framesMissing: RealtimeCounter
    private let periods: RealtimeCounter

    private var clock: FrameClock
    private var format: PCMFormat
    private var bytesPerFrame = 1
    private var bytesPerPeriod = 1
    private var waitMilliseconds: Int32 = 0
    private var hangNanoseconds: Int64 = 0
    /// Of the open device, in nanoseconds.
    private var period: Int64 = 0
    /// `CLOCK_MONOTONIC` of the last frames moved.
    private var lastProgress: Int64
    private var emptyWakes = 0
    /// The ring was full: frames are dropped until there is room for a period again.
    private var isDropping = false

    /// A device has been open since the start, or was found absent: from then on every frame is accounted
    /// for.
    private var hasStarted: Bool
    private var isOpen = false
    /// Why the frames up to the next opening are missing.
    private var absence: GapCause
    /// No frame has come since the program started, and there were some before.
    private var isResuming: Bool
    /// What `DeviceClock.suspended` said when the clock was last set.
    private var suspended: Int64

    init(
        samples: consuming SampleProducer, marks: consuming MarkProducer, scratch: consuming SampleProducer,
        wanted: PCMFormat, uplink: WakeUp, vitals: CaptureVitals, resumingAfter end: BootTime?
    ) {
        self.samples = samples
        self.marks = MarkQueue(ring: marks, format: wanted)
        self.scratch = scratch
        self.uplink = RealtimeWakeUp(uplink)
        framesKept = RealtimeCounter(vitals.frames)
        framesDropped = RealtimeCounter(vitals.overflowFrames)
        framesMissing = RealtimeCounter(vitals.missingFrames)
        periods = RealtimeCounter(vitals.periods)
        format = wanted
        lastProgress = DeviceClock.now()
        suspended = DeviceClock.suspended()
        isResuming = end != nil
        hasStarted = isResuming
        absence = isResuming ? .restart : .unplugged
        if let end {
            clock = FrameClock(rate: wanted.rate, nextFrameAt: end.nanoseconds - suspended)
        } else {
            clock = FrameClock(rate: wanted.rate, startedAt: lastProgress)
        }
    }

    // MARK: the real-time path

    /// RT-safe.
    @_noAllocation @_noLocks
    mutating func step(_ pcm: inout PCM) -> DeviceStep {
        switch pcm.wait(milliseconds: waitMilliseconds) {
        case .ready:
            return transfer(&pcm)
        case .spurious:
            emptyWakes += 1
            return idle()
        case .timedOut:
            return idle()
        case .trouble(let trouble):
            return .trouble(trouble)
        }
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func idle() -> DeviceStep {
        if DeviceClock.now() - lastProgress > hangNanoseconds { return .hung }
        if emptyWakes < RecoveryLimits.emptyWakes { return .idle }
        emptyWakes = 0
        return .nap
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func transfer(_ pcm: inout PCM) -> DeviceStep {
        if let instant = pcm.timestamp() {
            let lost = clock.observed(waiting: instant.availableFrames, at: instant.monotonicNanoseconds)
            // The device did not tell; it was no overrun.
            marks.framesMissing(lost, .deviceError, offset: samples.written, at: clock.nextFrameTime)
            framesMissing.add(UInt64(lost))
        }
        let free = samples.freeBytes()
        isDropping = free < (isDropping ? bytesPerPeriod : bytesPerFrame)
        // A mark goes before the samples it is about; without room for it there is none for them.
        let outcome = isDropping || !marks.flush() ? drop(&pcm) : keep(&pcm)
        switch outcome {
        case .moved(let frames):
            clock.advanced(by: frames)
            lastProgress = DeviceClock.now()
            emptyWakes = 0
            isResuming = false
            periods.add(1)
            return .moved
        case .notReady:
            emptyWakes += 1
            return idle()
        case .trouble(let trouble):
            return .trouble(trouble)
        }
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func keep(_ pcm: inout PCM) -> TransferOutcome {
        let offset = samples.written
        var region = samples.region()
        let outcome = pcm.read(into: &region)
        if case .moved(let frames) = outcome {
            marks.frameCaptured(offset: offset, at: clock.nextFrameTime)
            samples.commit(frames * bytesPerFrame)
            framesKept.add(UInt64(frames))
            uplink.signal()
        }
        return outcome
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func drop(_ pcm: inout PCM) -> TransferOutcome {
        var region = scratch.region()
        let outcome = pcm.read(into: &region)
        if case .moved(let frames) = outcome {
            marks.framesMissing(Int64(frames), .overflow, offset: samples.written, at: clock.nextFrameTime)
            framesDropped.add(UInt64(frames))
            uplink.signal()
        }
        return outcome
    }

    // MARK: starting and stopping

    mutating func begin(_ pcm: inout PCM, _ setup: PCMSetup) -> PCMTrouble? {
        format = setup.format
        bytesPerFrame = setup.format.bytesPerFrame
        bytesPerPeriod = min(setup.bytesPerPeriod, samples.capacity)
        period = setup.periodNanoseconds
        waitMilliseconds = RecoveryLimits.waitMilliseconds(periodNanoseconds: setup.periodNanoseconds)
        hangNanoseconds = RecoveryLimits.hangNanoseconds(periodNanoseconds: setup.periodNanoseconds)
        let (started, code) = start(&pcm)
        isOpen = true
        marks.deviceOpened(format, offset: samples.written, at: started)
        if hasStarted {
            account(for: absence, until: started)
        } else {
            clock = FrameClock(rate: format.rate, startedAt: started, period: period)
            suspended = DeviceClock.suspended()
            hasStarted = true
        }
        return code < 0 ? PCMTrouble(code: code) : nil
    }

    mutating func restart(_ pcm: inout PCM, after trouble: PCMTrouble) -> PCMTrouble? {
        let (started, code) = start(&pcm)
        account(for: trouble == .suspended ? .suspend : .xrun, until: started)
        return code < 0 ? PCMTrouble(code: code) : nil
    }

    mutating func proceed(_ pcm: inout PCM, after trouble: PCMTrouble) {
        let now = DeviceClock.now()
        let resumed = pcm.startTime()
        guard let instant = pcm.timestamp() else { return }
        // Until a frame has come, the stamp is that of the last one before the suspend: what waits was
        // captured then, and the next frame is captured from when the device went on.
        let stamp = max(instant.monotonicNanoseconds, min(resumed, now))
        let waiting = FrameCount(instant.availableFrames).nanoseconds(at: format.rate)
        account(for: .suspend, until: stamp - waiting)
        lastProgress = now
    }

    mutating func closed(_ end: DeviceEnd) {
        guard isOpen else { return }
        isOpen = false
        let cause: GapCause =
            switch end {
            case .stopped: .restart
            case .hung: .deviceError
            case .lost(let trouble): GapCause(trouble)
            }
        // Until the first frame comes it is the restart that costs the time.
        if !isResuming { absence = cause }
        marks.deviceClosed(cause, offset: samples.written, at: clock.nextFrameTime)
        uplink.signal()
    }

    mutating func absent() { hasStarted = true }

    /// Starts the device; the time of its first frame, and 0 or a negative errno.
    private mutating func start(_ pcm: inout PCM) -> (time: Int64, code: Int32) {
        let code = pcm.start()
        let asked = DeviceClock.now()
        let said = pcm.startTime()
        lastProgress = asked
        emptyWakes = 0
        // A driver that does not say, or says nonsense, started when it was asked to.
        return (said > 0 && abs(asked - said) < 1_000_000_000 ? said : asked, code)
    }

    /// What the device would have captured up to `time` is missing.
    private mutating func account(for cause: GapCause, until time: Int64) {
        let before = suspended
        suspended = DeviceClock.suspended()
        let frames = clock.restarted(
            at: time, rate: format.rate, period: period, suspended: suspended - before)
        marks.framesMissing(frames, cause, offset: samples.written, at: time)
        framesMissing.add(UInt64(frames))
    }
}

extension GapCause {
    /// What to write into the record of the loss.
    init(_ trouble: PCMTrouble) {
        switch trouble {
        case .xrun: self = .xrun
        case .suspended: self = .suspend
        case .gone: self = trouble.isRemoval ? .unplugged : .deviceError
        }
    }
}
