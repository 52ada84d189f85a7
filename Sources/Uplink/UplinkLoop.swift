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
///
/// Sound leaves the ring when the packet it belongs to is in the journal. So it takes whole packets, and what
/// does not complete one waits in the ring; a seam of the timeline or an end is not waited behind.
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
    /// Marks taken out of their ring, whose place in the bytes has not been reached. Oldest first.
    private var ahead: [DeviceMark] = []
    /// The bytes before this one were in the ring when the loop last looked.
    private var seen: UInt64 = 0
    /// What the bytes in the ring are.
    private var format: PCMFormat?
    /// Nil before the first device, and while there is one that cannot be used.
    private var intake: SampleIntake?
    private var track: PositionTrack
    private var meter: LevelMeter
    private var probe: SoundProbe
    /// Seconds of sound the probe has judged.
    private var examined = 0
    private var drift: DriftMeter
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
    ///   - resumingAfter: When the audio before `start` ended, where an earlier run of the program had some;
    ///     capture is told the same, and says how much is missing.
    ///   - appended: Signalled once each wake that appended to `records`.
    ///   - clocks: Reads both clocks, in nanoseconds; called on the loop's thread, once each wake.
    ///   - tell: Called on the loop's thread.
    package init(
        settings: UplinkSettings, controls: UplinkControls, vitals: UplinkVitals, start: StreamPosition,
        resumingAfter end: BootTime? = nil, samples: consuming SampleConsumer, marks: consuming MarkConsumer,
        records: consuming RecordProducer,
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
        probe = SoundProbe(rate: settings.rate, channels: settings.channels)
        drift = DriftMeter(rate: settings.rate)
        if let end { track.anchor(at: end) }
        vitals.position.set(start.frames)
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

    /// Takes all that makes whole packets, and what is before a seam.
    ///
    /// Silence begins with the oldest byte that came after the loop last looked, and ends with the newest:
    /// nothing that was captured while muted goes up, even where this loop is late.
    func drain() {
        let now = clocks()
        slept = now.boottime - now.monotonic
        woken = BootTime(nanoseconds: now.boottime)
        let asks: GapCause? = controls.muted.isRaised ? .muted : controls.paused.isRaised ? .paused : nil
        if asks == nil, asked != nil { takeAll() }
        if asks != nil, asked == nil { takeAll(before: seen) }
        asked = asks
        changeSilence()
        takeAll()
        publishProgress()
    }

    /// Takes what is there: whole packets, and all that lies before `limit`, a seam, or in silence.
    private func takeAll(before limit: UInt64 = 0) {
        while limit == 0 || samples.consumed < limit {
            // The bytes first, the marks after: a mark is pushed before the bytes it is about are committed.
            let filled = samples.filledBytes()
            seen = samples.consumed + UInt64(filled)
            while let mark = marks.pop() { ahead.append(mark) }
            if let mark = ahead.first, mark.offset <= samples.consumed {
                ahead.removeFirst()
                handle(mark)
                continue
            }
            let seam = ahead.first { $0.kind != .time }.map { Int($0.offset - samples.consumed) } ?? .max
            let end = limit == 0 ? seam : min(seam, Int(clamping: limit - samples.consumed))
            if take(min(filled, end), isAll: end <= filled || limit == .max) { continue }
            if seam > filled || end < seam { return }
            samples.release(seam)  // a torn frame before the mark: no sound
        }
    }

    /// Takes of `bytes` what completes a packet, or with `isAll` whatever there is, at most a block or a
    /// packet; false when that was nothing.
    private func take(_ bytes: Int, isAll: Bool) -> Bool {
        guard let format else { return false }
        let frames = framesToTake(of: bytes / format.bytesPerFrame, isAll: isAll)
        guard frames > 0 else { return false }
        var done = 0
        while done < frames {
            let count = min(frames - done, framesToTimeMark(after: done, format), SampleIntake.blockFrames)
            if silence == nil { convert(done..<done + count, format) }
            track.advance(Int64(count))
            drift.advance(Int64(count))
            if silence != nil { finishBehind() }
            done += count
        }
        samples.release(frames * format.bytesPerFrame)
        return true
    }

    private func framesToTake(of available: Int, isAll: Bool) -> Int {
        guard silence == nil, let intake else { return available }
        let needed = intake.framesNeeded(for: maker.wanting)
        if needed <= available { return needed }
        // A packet that fills the ring would never be complete.
        let isCrowded = available * intake.format.bytesPerFrame > samples.capacity / 2
        return isAll || isCrowded ? available : 0
    }

    /// Heeds the marks of the frame number `done` in the ring and before; frames from there to the next mark.
    private func framesToTimeMark(after done: Int, _ format: PCMFormat) -> Int {
        let place = samples.consumed + UInt64(done * format.bytesPerFrame)
        while let mark = ahead.first, mark.offset <= place {
            ahead.removeFirst()
            if mark.offset == place { handle(mark) }
        }
        guard let mark = ahead.first else { return .max }
        return max(1, Int(mark.offset - place) / format.bytesPerFrame)
    }

    /// Makes packets of the frames with these numbers in the ring.
    private func convert(_ frames: Range<Int>, _ format: PCMFormat) {
        let from = maker.end
        let first = frames.lowerBound * format.bytesPerFrame
        let region = samples.region(atMost: frames.upperBound * format.bytesPerFrame)
        intake?.take(region.bytes.extracting(first...), into: &maker.pending)
        vitals.capturedFrames.add(UInt64((maker.end - from).value))
        maker.measure(from: from, with: &meter, &probe)
        publishLevel()
        if let findings = probe.take() {
            examined += 1
            vitals.soundFindings.set(findings.packed(number: examined))
        }
        maker.makePackets(time)
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
        measureDrift(anew: format.rate)
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
        drift.mark(monotonic)
        vitals.driftPartsPerBillion.set(drift.partsPerBillion ?? UplinkVitals.driftUnknown)
    }

    private func measureDrift(anew rate: SampleRate) {
        drift = DriftMeter(rate: rate)
        vitals.driftPartsPerBillion.set(UplinkVitals.driftUnknown)
    }

    /// `frames` of the device are absent here.
    private func miss(_ frames: Int64, _ cause: GapCause) {
        guard frames > 0 else { return }
        track.advance(frames)
        // What a full ring cost was counted by the device's clock, all else by ours.
        if cause == .overflow { drift.advance(frames) } else { measureDrift(anew: track.deviceRate) }
        if silence == nil {
            flushIntake()
            // A restart ended the connection too: there is none whose time would go on without a seam.
            bridge(from: maker.end, cause, filling: cause == .restart ? .zero : settings.fillLimit)
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
        takeAll(before: .max)
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
        let waiting = format.map { Int64(seen - samples.consumed) / Int64($0.bytesPerFrame) } ?? 0
        vitals.position.set(max(track.position(after: waiting), maker.end).frames)
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
