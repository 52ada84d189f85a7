import Audio
import Crossing
import SignalChain
import Timeline

/// What the uplink tells of its own accord, on its own thread.
package enum UplinkEvent: Sendable {
    /// There is no audio here. The journal's record of it may begin later: an Opus packet is filled up first.
    case gap(Gap)
    /// A short loss was filled with silence here.
    case filled(Gap)
    /// It cannot go on with this device; the timeline goes on as a gap.
    case failed(UplinkError)
}

/// Turns ring frames into packets in the journal: one thread's loop.
///
/// The microphone paces it: it sleeps until capture signals, takes what is there, and sleeps again. An
/// ordinary thread: it may allocate, and it may be late by as much as the ring holds.
package final class UplinkLoop {
    private let settings: UplinkSettings
    private let controls: UplinkControls
    private let vitals: UplinkVitals
    private let appended: WakeUp
    private let clocks: () -> (monotonic: Int64, boottime: Int64)
    private let tell: (UplinkEvent) -> Void
    private var samples: SampleConsumer
    private var marks: MarkConsumer
    private let maker: PacketMaker
    /// What the bytes in the ring are.
    private var format: PCMFormat?
    /// Nil before the first device, and while there is one that cannot be used.
    private var intake: SampleIntake?
    private var track: PositionTrack
    private var meter: LevelMeter
    /// What the controls asked for when the loop last looked.
    private var asked: GapCause?
    /// Why nothing goes up now, and where the audio ended.
    private var silence: (cause: GapCause, since: StreamPosition)?
    /// CLOCK_BOOTTIME minus CLOCK_MONOTONIC, nanoseconds: how long this machine has slept.
    private var slept: Int64 = 0
    /// When this wake began.
    private var woken = BootTime(nanoseconds: 0)
    /// Records appended when `appended` was last signalled.
    private var announced: UInt64 = 0

    /// - Parameters:
    ///   - start: The position of the first frame.
    ///   - appended: Signalled once each wake that appended to `records`.
    ///   - clocks: Reads both clocks, in nanoseconds; called on the loop's thread, once each wake.
    ///   - tell: Called on the loop's thread.
    package init(
        settings: UplinkSettings, controls: UplinkControls, vitals: UplinkVitals, start: StreamPosition,
        samples: consuming SampleConsumer, marks: consuming MarkConsumer, records: consuming RecordProducer,
        appended: WakeUp, clocks: @escaping () -> (monotonic: Int64, boottime: Int64),
        tell: @escaping (UplinkEvent) -> Void
    ) throws(UplinkError) {
        maker = try PacketMaker(
            settings: settings, at: start, into: records, vitals: vitals, tell: tell)
        self.settings = settings
        self.controls = controls
        self.vitals = vitals
        self.appended = appended
        self.clocks = clocks
        self.tell = tell
        self.samples = samples
        self.marks = marks
        track = PositionTrack(uplinkRate: settings.rate, deviceRate: settings.rate, at: start)
        meter = LevelMeter(channels: settings.channels)
    }

    /// Frames of the codec's delay, at the uplink rate: the service hears the first frame this much late.
    package var lookahead: FrameCount { maker.lookahead }

    /// Runs until `controls.stop`, then takes what is left, ends the last packet and returns.
    package func run() {
        while !controls.stop.isRaised {
            _ = controls.wakeUp.wait(milliseconds: 1_000)
            drain()
        }
        drain()
        end()
    }

    /// Takes everything in the rings.
    ///
    /// Silence begins with the oldest byte in the ring and ends with the newest: nothing that was captured
    /// while muted goes up, even where this loop is late.
    func drain() {
        let now = clocks()
        slept = now.boottime - now.monotonic
        woken = BootTime(nanoseconds: now.boottime)
        let asks: GapCause? = controls.muted.isRaised ? .muted : controls.paused.isRaised ? .paused : nil
        if asks == nil, asked != nil { takeAll() }
        asked = asks
        changeSilence()
        takeAll()
        publishProgress()
    }

    private func takeAll() {
        while true {
            // The bytes first, the marks after: a mark is pushed before the bytes it is about are committed.
            let filled = samples.filledBytes()
            let mark = marks.peek()
            let before =
                mark.map { $0.offset > samples.consumed ? Int($0.offset - samples.consumed) : 0 } ?? .max
            if let mark, before == 0 {
                _ = marks.pop()
                handle(mark)
            } else if take(min(filled, before)) {
                continue
            } else if before <= filled {
                samples.release(before)  // a torn frame before the mark: no sound
            } else {
                return
            }
        }
    }

    /// Takes at most a block of at most `bytes`; false when there was not a whole frame.
    private func take(_ bytes: Int) -> Bool {
        guard let format else { return false }
        let frames = min(bytes / format.bytesPerFrame, SampleIntake.blockFrames)
        guard frames > 0 else { return false }
        let count = frames * format.bytesPerFrame
        if silence == nil {
            let from = maker.end
            let region = samples.region(atMost: count)
            intake?.take(region.bytes, into: &maker.pending)
            vitals.capturedFrames.add(UInt64((maker.end - from).value))
            maker.measure(from: from, with: &meter)
            publishLevel()
            maker.makePackets(time)
        }
        samples.release(count)
        track.advance(Int64(frames))
        if silence != nil { finishBehind() }
        return true
    }

    private func handle(_ mark: DeviceMark) {
        switch mark.kind {
        case .opened: open(mark.format)
        case .time where mark.offset < samples.consumed: break  // the frame it is about has passed
        case .time: anchor(mark.monotonicNanoseconds)
        case .missing: miss(mark.missing, mark.cause)
        case .closed:
            // The `missing` that follows says how long it was; what is here need not wait for it.
            flushIntake()
            finishBehind()
        }
    }

    private func open(_ format: PCMFormat) {
        guard format != self.format || intake == nil else { return }
        flushIntake()
        do throws(UplinkError) {
            intake = try makeIntake(format)
        } catch {
            intake = nil
            tell(.failed(error))
        }
        self.format = format
        track.rebase(to: format.rate)
        changeSilence()
    }

    private func makeIntake(_ format: PCMFormat) throws(UplinkError) -> SampleIntake {
        let opened: SampleIntake
        do throws(SignalError) {
            opened = try SampleIntake(format: format, settings: settings)
        } catch {
            throw .signal(error)
        }
        guard opened.channels == settings.channels else {
            throw .channelsDiffer(delivered: opened.channels, wanted: settings.channels)
        }
        return opened
    }

    private func anchor(_ monotonic: Int64) {
        guard monotonic > 0 else { return }
        track.anchor(at: BootTime(nanoseconds: monotonic + slept))
    }

    /// `frames` of the device are absent here.
    private func miss(_ frames: Int64, _ cause: GapCause) {
        guard frames > 0 else { return }
        track.advance(frames)
        if silence == nil {
            flushIntake()
            bridge(from: maker.end, cause, filling: settings.fillLimit)
        } else {
            finishBehind()
        }
    }

    /// Begins or ends silence: as the controls asked, and while there is a device that cannot be used.
    private func changeSilence() {
        let cause = asked ?? (format != nil && intake == nil ? .deviceError : nil)
        guard cause != silence?.cause else { return }
        if let silence {
            bridge(from: silence.since, silence.cause, filling: .zero)
        } else {
            flushIntake()
        }
        silence = cause.map { ($0, maker.end) }
        if silence != nil { finishBehind() }
    }

    /// Ends the last packet once its end has passed, so that it need not wait for sound to go on.
    private func finishBehind() {
        guard track.position - maker.end >= maker.padding else { return }
        maker.finish(time)
    }

    /// Takes what the resampler holds at a seam of the timeline. Its last frame may stand for an instant in
    /// the fraction of a frame that `track.position` has rounded away; the next frame lies there.
    private func flushIntake() {
        guard silence == nil, let intake else { return }
        let from = maker.end
        intake.flush(into: &maker.pending)
        maker.cut(at: max(from, track.position))
        vitals.capturedFrames.add(UInt64((maker.end - from).value))
    }

    /// Audio ended at `heard` and goes on at the track's position: at most `limit`, and what an Opus packet
    /// would be filled up with, is filled with silence; more becomes a gap record.
    private func bridge(from heard: StreamPosition, _ cause: GapCause, filling limit: FrameCount) {
        let end = track.position
        guard heard < end else { return }
        let absence = Gap(start: heard, end: end, cause: cause)
        if end - maker.end > max(limit, maker.padding) {
            maker.finish(time)
            maker.skip(to: end, cause: cause, time)
            tell(.gap(absence))
        } else {
            maker.fill(end - maker.end)
            maker.makePackets(time)
            tell(.filled(absence))
        }
    }

    /// The end of the session: what is still held, and the last packet.
    private func end() {
        if let silence {
            bridge(from: silence.since, silence.cause, filling: .zero)
        } else {
            flushIntake()
        }
        maker.close(time)
        publishProgress()
    }

    /// By the newest time mark; before the first, when this wake began.
    private func time(_ position: StreamPosition) -> BootTime { track.time(of: position) ?? woken }

    private func publishProgress() {
        vitals.position.set(max(track.position, maker.end).frames)
        guard maker.appended != announced else { return }
        announced = maker.appended
        appended.signal()
    }

    private func publishLevel() {
        guard meter.framesMeasured >= settings.rate.hertz / 10 else { return }
        let level = meter.take()
        vitals.peakMillibels.set(Int64(level.peakDecibels * 1_000))
        vitals.rmsMillibels.set(Int64(level.rmsDecibels * 1_000))
        vitals.clippedSamples.add(UInt64(level.clippedSamples))
        vitals.zeroRunFrames.set(meter.zeroRunFrames)
    }
}
