import Audio
import Crossing
import SignalChain

/// Makes device bytes of mono speech: resampled, with gain, every channel the same.
final class SpeechShaper {
    /// Speech frames converted at once: 20 ms at 24 kHz.
    private static let blockFrames = 480

    let format: PCMFormat
    private let conversion: PlaybackConversion
    private var resampler: Resampler
    private var resampled: [Int16]
    /// What of `resampled` did not fit into the ring yet.
    private var held = 0..<0

    init(settings: DownlinkSettings, format: PCMFormat) throws(SignalError) {
        conversion = try PlaybackConversion(format: format, gain: settings.gain)
        resampler = try Resampler(from: settings.rate, to: format.rate)
        self.format = format
        let frames = max(
            resampler.outputFramesMax(of: Self.blockFrames), Int(resampler.outputLatency.value) + 2)
        resampled = Array(repeating: 0, count: frames)
    }

    /// Frames of the device that did not fit into the ring yet.
    var heldFrames: Int { held.count }

    /// Forgets all speech.
    func reset() {
        resampler.reset()
        held = 0..<0
    }

    /// Converts a block of `samples` from `start` on into the ring; returns how many samples of it are done
    /// with, 0 when the ring is full.
    func shape(_ samples: [Int16], from start: Int, into ring: inout SampleProducer) -> Int {
        guard write(into: &ring) else { return 0 }
        let block = start..<min(samples.count, start + Self.blockFrames)
        let progress = Self.process(samples, block, with: &resampler, into: &resampled)
        held = 0..<progress.producedFrames
        _ = write(into: &ring)
        return progress.consumedFrames
    }

    /// Moves the resampler's tail into the ring; false when it does not fit yet.
    func flush(into ring: inout SampleProducer) -> Bool {
        while write(into: &ring) {
            let frames = Self.flush(&resampler, into: &resampled)
            if frames == 0 { return true }
            held = 0..<frames
        }
        return false
    }

    /// Writes what is held, as far as it fits; true when nothing is left.
    private func write(into ring: inout SampleProducer) -> Bool {
        let room = ring.freeBytes() / format.bytesPerFrame
        let now = held.prefix(room)
        guard !now.isEmpty else { return held.isEmpty }
        ring.commit(Self.convert(resampled, now, with: conversion, into: &ring))
        held = now.upperBound..<held.upperBound
        return held.isEmpty
    }

    // A span can be borrowed of a parameter, but not of a property of a class.

    private static func process(
        _ samples: [Int16], _ block: Range<Int>, with resampler: inout Resampler, into output: inout [Int16]
    ) -> Resampler.Progress {
        var target = output.mutableSpan
        return resampler.process(samples.span.extracting(block), into: &target)
    }

    private static func flush(_ resampler: inout Resampler, into output: inout [Int16]) -> Int {
        var target = output.mutableSpan
        return resampler.flush(into: &target)
    }

    private static func convert(
        _ samples: [Int16], _ range: Range<Int>, with conversion: PlaybackConversion,
        into ring: inout SampleProducer
    ) -> Int {
        var region = ring.region(atMost: range.count * conversion.format.bytesPerFrame)
        return conversion.convert(samples.span.extracting(range), into: &region)
    }
}
