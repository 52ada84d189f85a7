import Audio
import Crossing
import SignalChain
import Timeline

/// What the uplink tells of its own accord, on its own thread.
package enum UplinkEvent: Sendable {
    /// The frame at `position` was captured at `time`. About once a second.
    case anchor(position: StreamPosition, time: BootTime)
    /// There is no audio here; also in the journal.
    case gap(Gap)
    /// Short losses were filled with silence here.
    case filled(Gap)
    /// It cannot go on with this device; the timeline goes on as a gap.
    case failed(UplinkError)
}

/// Turns ring frames into packets in the journal: one thread's loop.
///
/// The microphone paces it: it sleeps until capture signals, takes what is there, and sleeps again. An ordinary thread:
/// it may allocate, and it may be late by as much as the ring holds.
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
    /// What the bytes in the ring are; nil before the device first opened.
    private var deviceFormat: PCMFormat?
    /// Nil while the device is none the settings can be met with.
    private var intake: SampleIntake?
    private var track: PositionTrack
    private var meter: LevelMeter
    /// Why nothing goes up now.
    private var silence: GapCause?
    /// CLOCK_BOOTTIME minus CLOCK_MONOTONIC, nanoseconds: how long this machine has slept.
    private var slept: Int64 = 0
    private var nextAnchor: StreamPosition

    /// - Parameters:
    ///   - start: The position of the first frame.
    ///   - appended: Signalled after each append to `records`.
    ///   - clocks: Reads both clocks; called on the loop's thread, once each wake.
    ///   - tell: Called on the loop's thread.
    package init(
        settings: UplinkSettings, controls: UplinkControls, vitals: UplinkVitals, start: StreamPosition,
        samples: consuming SampleConsumer, marks: consuming MarkConsumer, records: consuming RecordProducer,
        appended: WakeUp, clocks: @escaping () -> (monotonic: Int64, boottime: Int64),
        tell: @escaping (UplinkEvent) -> Void
    ) throws(UplinkError) {
        maker = try PacketMaker(settings: settings, at: start, into: records, vitals: vitals)
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
        nextAnchor = start
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
    func drain() {
        let now = clocks()
        slept = now.boottime - now.monotonic
        changeSilence(to: wantedSilence)
        // The bytes first, the marks after: a mark is pushed before the bytes it is about are committed.
        while true {
            let filled = samples.filledBytes()
            let mark = marks.peek()
            let untilMark = mark.map { Int($0.offset - samples.consumed) } ?? .max
            if let mark, untilMark == 0 {
                _ = marks.pop()
                handle(mark)
            } else if !take(min(filled, untilMark)) {
                break
            }
        }
        vitals.position.set(max(track.position, maker.end).frames)
        appended.signal()
    }

    private var wantedSilence: GapCause? {
        if controls.muted.isRaised { return .muted }
        if controls.paused.isRaised { return .paused }
        return deviceFormat != nil && intake == nil ? .deviceError : nil
    }

    /// Takes at most a block of at most `bytes`; false when there was not a whole frame.
    private func take(_ bytes: Int) -> Bool {
        guard let format = deviceFormat else { return false }
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
        return true
    }

    private func handle(_ mark: DeviceMark) {
        switch mark.kind {
        case .opened: open(mark.format)
        case .time: anchor(mark.monotonicNanoseconds)
        case .missing: miss(mark.missing, mark.cause)
        case .closed: break  // the `missing` that follows says how long it was
        }
    }

    private func open(_ format: PCMFormat) {
        guard deviceFormat != format else { return }
        if silence == nil { seam() }
        deviceFormat = format
        meter = LevelMeter(channels: settings.channels)
        intake = nil
        do throws(SignalError) {
            let opened = try SampleIntake(format: format, settings: settings)
            if opened.channels == settings.channels {
                intake = opened
            } else {
                tell(.failed(.channelsDiffer(delivered: opened.channels, wanted: settings.channels)))
            }
        } catch {
            tell(.failed(.signal(error)))
        }
        track.rebase(to: format.rate, at: max(maker.end, track.position))
        changeSilence(to: wantedSilence)
    }

    private func anchor(_ monotonic: Int64) {
        guard monotonic > 0 else { return }
        track.anchor(at: BootTime(nanoseconds: monotonic + slept))
        guard track.position >= nextAnchor else { return }
        nextAnchor = track.position + FrameCount(settings.rate.hertz)
        tell(.anchor(position: track.position, time: time(track.position)))
    }

    /// `frames` of the device are absent here.
    private func miss(_ frames: Int64, _ cause: GapCause) {
        guard frames > 0 else { return }
        track.advance(frames)
        guard silence == nil else { return }
        flushIntake()
        let length = track.position - maker.end
        if length > settings.fillLimit {
            recordGap(cause)
        } else if length > .zero {
            let start = maker.end
            maker.fill(length)
            vitals.filledFrames.add(UInt64(length.value))
            tell(.filled(Gap(start: start, end: maker.end, cause: cause)))
            maker.makePackets(time)
        }
    }

    private func changeSilence(to cause: GapCause?) {
        guard cause != silence else { return }
        if let silence { recordGap(silence) } else { seam() }
        silence = cause
    }

    /// Ends the audio so far; the pending part of a packet becomes one.
    private func seam() {
        flushIntake()
        maker.finish(time)
    }

    private func flushIntake() {
        let from = maker.end
        intake?.flush(into: &maker.pending)
        vitals.capturedFrames.add(UInt64((maker.end - from).value))
    }

    /// Nothing until the track's position, for `cause`.
    private func recordGap(_ cause: GapCause) {
        let heard = maker.end
        maker.finish(time)
        let start = maker.start
        maker.skip(to: track.position, cause: cause, time)
        guard heard < maker.start else { return }
        if start < maker.start {
            tell(.gap(Gap(start: heard, end: maker.start, cause: cause)))
        } else {
            tell(.filled(Gap(start: heard, end: start, cause: cause)))
        }
    }

    /// The end of the session: the last packet, and silence enough that the codec's delay hides nothing.
    private func end() {
        if let silence {
            recordGap(silence)
        } else {
            flushIntake()
            maker.fill(maker.lookahead)
            maker.finish(time)
        }
        vitals.position.set(maker.end.frames)
        appended.signal()
    }

    private func time(_ position: StreamPosition) -> BootTime {
        track.time(of: position, fallback: BootTime(nanoseconds: clocks().boottime))
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
