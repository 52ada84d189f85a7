import ALSA
import Audio
import Crossing
import DeviceRecovery
import Timeline

/// Feeds the device a period at a time: sound while there is some, silence for the rest.
struct PlaybackEngine: ~Copyable, DeviceEngine {
    private var source: SoundSource
    private var track = HeardTrack()
    /// Never committed, hence all zeros: silence in every format.
    private var silence: SampleProducer
    private let discardBefore: RealtimeGauge
    private let downlink: RealtimeWakeUp
    private let heard: RealtimeGauge
    private let soundFrames: RealtimeCounter
    private let silentFrames: RealtimeCounter
    private let silences: RealtimeCounter

    private var bytesPerFrame = 1
    private var periodFrames = 1
    /// Queued before the device is started: as many whole periods as it holds.
    private var startFrames: Int64 = 1
    private var waitMilliseconds: Int32 = 0
    private var hangNanoseconds: Int64 = 0
    private var isStarted = false
    private var lastWasSound = false
    private var lastProgress: Int64 = 0
    private var emptyWakes = 0

    init(
        samples: consuming SampleConsumer, marks: consuming MarkConsumer, silence: consuming SampleProducer,
        discardBefore: Gauge, downlink: WakeUp, vitals: PlaybackVitals
    ) {
        source = SoundSource(
            samples: samples, marks: marks, discarded: RealtimeCounter(vitals.discardedBytes))
        self.silence = silence
        self.discardBefore = RealtimeGauge(discardBefore)
        self.downlink = RealtimeWakeUp(downlink)
        heard = RealtimeGauge(vitals.heard)
        soundFrames = RealtimeCounter(vitals.soundFrames)
        silentFrames = RealtimeCounter(vitals.silentFrames)
        silences = RealtimeCounter(vitals.silences)
    }

    // MARK: the real-time path

    /// RT-safe.
    @_noAllocation @_noLocks
    mutating func step(_ pcm: inout PCM) -> DeviceStep {
        discardStale()
        if track.hasSound && track.heard < staleEnd() {
            // Queued sound is stale: silent now, not when the queue has run out.
            switch pcm.discard() {
            case .failed(let code): return .trouble(PCMTrouble(code: code))
            case .prepared, .running, .notYet: emptied()
            }
        }
        switch pcm.wait(milliseconds: waitMilliseconds) {
        case .ready:
            return fill(&pcm)
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

    /// Writes one period, or what there is room for.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func fill(_ pcm: inout PCM) -> DeviceStep {
        var room = periodFrames
        var isFull = false
        while room > 0 && !isFull {
            let sound = min(room, source.playableFrames())
            let wanted = sound > 0 ? sound : min(room, silence.freeBytes() / bytesPerFrame)
            switch sound > 0 ? writeSound(&pcm, sound) : writeSilence(&pcm, wanted) {
            case .moved(let frames):
                room -= frames
                isFull = frames < wanted
            case .notReady:
                isFull = true
            case .trouble(let trouble):
                return .trouble(trouble)
            }
        }
        if room == periodFrames {
            emptyWakes += 1
            return idle()
        }
        emptyWakes = 0
        lastProgress = DeviceClock.now()
        if !isStarted && (track.written >= startFrames || isFull) {
            let code = pcm.start()
            if code < 0 { return .trouble(PCMTrouble(code: code)) }
            isStarted = true
        }
        if let delay = pcm.delayFrames() { track.played(delay: delay) }
        publish()
        return .moved
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func writeSound(_ pcm: inout PCM, _ frames: Int) -> TransferOutcome {
        let offset = source.offset
        let outcome = pcm.write(source.sound(frames))
        if case .moved(let moved) = outcome {
            source.took(moved)
            track.wroteSound(moved, offset: offset, bytesPerFrame: bytesPerFrame)
            soundFrames.add(UInt64(moved))
            lastWasSound = true
        }
        return outcome
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func writeSilence(_ pcm: inout PCM, _ frames: Int) -> TransferOutcome {
        let outcome = pcm.write(silence.region(atMost: frames * bytesPerFrame))
        if case .moved(let moved) = outcome {
            track.wroteSilence(moved)
            silentFrames.add(UInt64(moved))
            if lastWasSound { silences.add(1) }
            lastWasSound = false
        }
        return outcome
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private func staleEnd() -> UInt64 { UInt64(max(0, discardBefore.value)) }

    /// Throws away what became stale in the ring.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func discardStale() {
        let before = source.offset
        source.discard(before: staleEnd())
        if source.offset == before { return }
        track.skipped(to: source.offset)
        publish()
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func emptied() {
        track.emptied()
        isStarted = false
        lastWasSound = false
        publish()
    }

    /// Says how far the sound has come. What the source threw away because of its format has come all the
    /// way.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func publish() {
        if !track.hasSound { track.skipped(to: source.offset) }
        let position = Int64(truncatingIfNeeded: track.heard)
        if position == heard.value { return }
        heard.set(position)
        downlink.signal()
    }

    // MARK: starting and stopping

    mutating func begin(_ pcm: inout PCM, _ setup: PCMSetup) -> PCMTrouble? {
        bytesPerFrame = setup.format.bytesPerFrame
        periodFrames = setup.periodFrames
        startFrames = Int64(setup.bufferFrames / setup.periodFrames * setup.periodFrames)
        waitMilliseconds = RecoveryLimits.waitMilliseconds(periodNanoseconds: setup.periodNanoseconds)
        hangNanoseconds = RecoveryLimits.hangNanoseconds(periodNanoseconds: setup.periodNanoseconds)
        source.deviceOpened(setup.format)
        emptied()
        lastProgress = DeviceClock.now()
        downlink.signal()
        return nil
    }

    /// The next steps fill the device and start it.
    mutating func restart(_ pcm: inout PCM, after trouble: PCMTrouble) -> PCMTrouble? {
        emptied()
        lastProgress = DeviceClock.now()
        return nil
    }

    mutating func proceed(_ pcm: inout PCM, after trouble: PCMTrouble) { lastProgress = DeviceClock.now() }

    mutating func closed(_ end: DeviceEnd) {
        emptied()
        downlink.signal()
    }

    mutating func absent() { discardStale() }
}
