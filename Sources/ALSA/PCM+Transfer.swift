import Audio
import CALSA
import Glibc

extension PCM {
    /// Starts a prepared device. Playback needs something written first. Returns 0 or a negative errno.
    ///
    /// RT-safe. Returns at once.
    @_noAllocation @_noLocks
    package mutating func start() -> Int32 {
        let pcm = unsafe handle
        return unsafe _unsafePerformance { unsafe snd_pcm_start(pcm) }
    }

    /// Waits until a period can be transferred, for at most `milliseconds`.
    ///
    /// RT-safe but for the wait itself, which is for the device alone. Call ``configure(_:)`` first.
    @_noAllocation @_noLocks
    package mutating func wait(milliseconds: Int32) -> WaitOutcome {
        var events: UInt16 = 0
        let waiting = unsafe descriptors
        let pcm = unsafe handle
        let answer = unsafe _unsafePerformance {
            unsafe calsa_wait(
                pcm, waiting.baseAddress, UInt32(waiting.count), milliseconds, &events)
        }
        if answer == 0 { return .timedOut }
        if answer < 0 { return .trouble(PCMTrouble(code: answer)) }
        if Int32(events) & (POLLERR | POLLNVAL | POLLHUP) != 0 { return outcome(ofError: Int32(events)) }
        // A capture device says POLLIN, a playback device POLLOUT; neither says both.
        return Int32(events) & (POLLIN | POLLOUT) != 0 ? .ready : .spurious
    }

    /// Reads as many whole frames as are there and fit.
    ///
    /// RT-safe. Returns at once; copies at most `target`. A kernel device copies, a plug-in may convert.
    @_noAllocation @_noLocks
    package mutating func read(into target: inout MutableRawSpan) -> TransferOutcome {
        let frames = target.byteCount / bytesPerFrame
        if frames == 0 { return .notReady }
        let pcm = unsafe handle
        let moved = unsafe target.withUnsafeMutableBytes { bytes in
            unsafe _unsafePerformance {
                unsafe snd_pcm_readi(pcm, bytes.baseAddress, snd_pcm_uframes_t(frames))
            }
        }
        return outcome(of: moved)
    }

    /// Writes as many whole frames of `source` as there is room for.
    ///
    /// RT-safe. Returns at once; copies at most `source`.
    @_noAllocation @_noLocks
    package mutating func write(_ source: borrowing MutableRawSpan) -> TransferOutcome {
        let frames = source.byteCount / bytesPerFrame
        if frames == 0 { return .notReady }
        let pcm = unsafe handle
        let moved = unsafe source.withUnsafeBytes { bytes in
            unsafe _unsafePerformance {
                unsafe snd_pcm_writei(pcm, bytes.baseAddress, snd_pcm_uframes_t(frames))
            }
        }
        return outcome(of: moved)
    }

    /// Frames between the application and the air: captured and not read, or written and not yet heard.
    /// Nil when the device is in trouble.
    ///
    /// RT-safe. Returns at once.
    @_noAllocation @_noLocks
    package mutating func delayFrames() -> Int? {
        var delay: snd_pcm_sframes_t = 0
        let pcm = unsafe handle
        let code = unsafe _unsafePerformance { unsafe snd_pcm_delay(pcm, &delay) }
        return code < 0 ? nil : delay
    }

    /// How many frames can be transferred, and when that was so; the time of asking where the device has no
    /// stamp of its own. Nil when the device is in trouble.
    ///
    /// RT-safe. Returns at once.
    @_noAllocation @_noLocks
    package mutating func timestamp() -> DeviceInstant? {
        var frames = 0
        var stamp: Int64 = 0
        let pcm = unsafe handle
        let code = unsafe _unsafePerformance { unsafe calsa_timestamp(pcm, &frames, &stamp) }
        if code < 0 { return nil }
        return DeviceInstant(
            availableFrames: frames, monotonicNanoseconds: stamp > 0 ? stamp : DeviceClock.now())
    }

    /// When the device was started, in nanoseconds of `CLOCK_MONOTONIC`; 0 where it does not say.
    ///
    /// RT-safe. Returns at once.
    @_noAllocation @_noLocks
    package mutating func startTime() -> Int64 {
        let pcm = unsafe handle
        let answer = unsafe status
        return unsafe _unsafePerformance { unsafe calsa_trigger_time(pcm, answer) }
    }

    /// Does what can be done without closing the device. Never starts it.
    ///
    /// RT-safe, though a driver may take milliseconds to prepare.
    @_noAllocation @_noLocks
    package mutating func recover(from trouble: PCMTrouble) -> RecoverOutcome {
        switch trouble {
        case .xrun:
            return prepare()
        case .suspended:
            // ENOSYS: the driver cannot resume. What it says of itself afterwards decides, not the answer.
            let pcm = unsafe handle
            let code = unsafe _unsafePerformance { unsafe snd_pcm_resume(pcm) }
            if code == -EAGAIN { return .notYet }
            if code == 0, case .running = state() { return .running }
            return prepare()
        case .gone(let code):
            return .failed(code: code)
        }
    }

    /// Throws away what is queued and stops at once; leaves the device prepared and empty.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package mutating func discard() -> RecoverOutcome {
        let pcm = unsafe handle
        let code = unsafe _unsafePerformance { unsafe snd_pcm_drop(pcm) }
        return code < 0 ? .failed(code: code) : prepare()
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private func prepare() -> RecoverOutcome {
        let pcm = unsafe handle
        let code = unsafe _unsafePerformance { unsafe snd_pcm_prepare(pcm) }
        return code < 0 ? .failed(code: code) : .prepared
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private func outcome(of moved: Int) -> TransferOutcome {
        if moved > 0 { return .moved(frames: moved) }
        if moved == 0 || moved == Int(-EAGAIN) || moved == Int(-EINTR) { return .notReady }
        return .trouble(PCMTrouble(code: Int32(truncatingIfNeeded: moved)))
    }

    /// What an error among the poll events means. A removed card is told by POLLNVAL: some drivers go on
    /// claiming to run. Where nothing is said to be wrong, the next transfer knows.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    private func outcome(ofError events: Int32) -> WaitOutcome {
        if events & (POLLNVAL | POLLHUP) != 0 { return .trouble(.gone(code: -ENODEV)) }
        return switch state() {
        case .xrun: .trouble(.xrun)
        case .suspended: .trouble(.suspended)
        case .disconnected: .trouble(.gone(code: -ENODEV))
        case .open, .setup: .trouble(.gone(code: -EBADFD))
        case .prepared, .running, .draining, .paused: .ready
        }
    }
}
