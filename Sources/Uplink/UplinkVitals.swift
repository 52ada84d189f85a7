import Crossing
import SignalChain

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
    private let offsetMillionths = Gauge()
    private let spread = Gauge()
    private let clippedMillionths = Gauge()
    private let humMillionths = Gauge()
    /// Seconds of sound examined so far; set after the others.
    private let secondsExamined = Gauge()

    package init() {}

    /// What was found in the newest second of sound, if that is a later one than number `second`. A reader
    /// that comes a second late may see a mixture of two.
    package func findings(after second: Int64) -> HeardSecond? {
        let examined = secondsExamined.value
        guard examined > second else { return nil }
        return HeardSecond(
            second: examined, offset: Double(offsetMillionths.value) / 1e6, spread: Int(spread.value),
            clippedShare: Double(clippedMillionths.value) / 1e6, humShare: Double(humMillionths.value) / 1e6)
    }

    func examined(_ findings: SoundFindings) {
        offsetMillionths.set(Int64(findings.offset * 1e6))
        spread.set(findings.isZero ? -1 : Int64(findings.spread))
        clippedMillionths.set(Int64(findings.clippedShare * 1e6))
        humMillionths.set(Int64(max(findings.hum50Share, findings.hum60Share) * 1e6))
        secondsExamined.set(secondsExamined.value + 1)
    }
}

/// What one second of sound held, for whoever judges the microphone.
package struct HeardSecond: Hashable, Sendable {
    /// Its number; the first is 1.
    package let second: Int64
    /// The mean of all samples, of full scale ±1.
    package let offset: Double
    /// The largest sample less the smallest one, in steps of 16 bits; negative: every sample was exactly zero.
    package let spread: Int
    /// Shares of samples at full scale, and of the power that is the mains', 0…1.
    package let clippedShare: Double
    package let humShare: Double

    package var isZero: Bool { spread < 0 }
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
