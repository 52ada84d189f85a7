import Crossing

/// What the uplink thread lets others see. Any thread may read.
///
/// Once the loop has ended, captured, filled and gap frames together are all positions since its start.
package final class UplinkVitals: Sendable {
    /// The position after the last frame that was handled, gaps included, in uplink frames.
    package let position = Gauge()
    /// Captured frames that entered the pipeline, at the uplink rate.
    package let capturedFrames = Counter()
    /// Frames of silence put in for short losses, and to complete the Opus packet before a gap or the end.
    package let filledFrames = Counter()
    /// Positions that have no audio: recorded as gaps.
    package let gapFrames = Counter()
    /// Packets in the journal, and the bytes of their payloads.
    package let packets = Counter()
    package let payloadBytes = Counter()
    /// Of all these, frames that found the journal full.
    package let overflowFrames = Counter()
    /// Of the last 100 ms, in thousandths of a dB of full scale; −120 000 is silence.
    package let peakMillibels = Gauge(-120_000)
    package let rmsMillibels = Gauge(-120_000)
    /// Samples at full scale so far.
    package let clippedSamples = Counter()
    /// Frames since the last one that was not exactly zero, at the uplink rate.
    package let zeroRunFrames = Gauge()
    /// What was found in the newest second of sound: `SoundFindings.packed`, numbered; 0 before the first.
    package let soundFindings = Gauge()

    /// How fast the device's sample clock is against `CLOCK_MONOTONIC`, in parts per billion, over the last
    /// minutes; `driftUnknown` until a minute has passed since it was opened or has lost something.
    package let driftPartsPerBillion = Gauge(UplinkVitals.driftUnknown)
    package static let driftUnknown = Int64.min

    /// The same, nil where it is not known.
    package var drift: Int64? {
        let value = driftPartsPerBillion.value
        return value == Self.driftUnknown ? nil : value
    }

    package init() {}
}

/// What other threads ask of the uplink.
package final class UplinkControls: Sendable {
    /// Nothing captured goes up; the timeline goes on as a gap.
    package let muted = Flag()
    /// As muted, for the cause `paused`.
    package let paused = Flag()
    /// Raise it and signal `wakeUp`: the loop takes what is in the rings, flushes and ends.
    package let stop = Flag()
    /// Signalled by capture after each period, and by whoever changes a flag.
    package let wakeUp: WakeUp

    package init() throws(CrossingError) { wakeUp = try WakeUp() }
}
