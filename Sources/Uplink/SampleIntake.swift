import Audio
import SignalChain

/// Makes uplink samples of device bytes: channels chosen, gain applied, resampled. Carries its remainder from
/// block to block. 16-bit samples at the uplink rate and without gain pass unchanged.
final class SampleIntake {
    /// Device frames it takes at once: 20 ms at 192 kHz fits.
    static let blockFrames = 4_096

    let format: PCMFormat
    let channels: Int
    private let conversion: CaptureConversion
    private let gain: Gain
    private var resampler: Resampler
    /// The wide path keeps more than 16 bits until the final rounding.
    private let isWide: Bool
    private var wideInput: [Float]
    private var wideOutput: [Float]
    private var narrow: [Int16]
    /// Frames that went in and came out since the resampler was new.
    private var fed: Int64 = 0
    private var made: Int64 = 0

    init(format: PCMFormat, settings: UplinkSettings) throws(SignalError) {
        conversion = try CaptureConversion(format: format, selection: settings.selection)
        resampler = try Resampler(from: format.rate, to: settings.rate, channels: conversion.channels)
        self.format = format
        channels = conversion.channels
        gain = settings.gain
        isWide = format.rate != settings.rate || settings.gain != .unity
        let samples = Self.blockFrames * conversion.channels
        let output =
            max(
                resampler.outputFramesMax(of: Self.blockFrames),
                Int(resampler.outputLatency.value) + 2) * conversion.channels
        wideInput = Array(repeating: 0, count: isWide ? samples : 0)
        wideOutput = Array(repeating: 0, count: isWide ? output : 0)
        narrow = Array(repeating: 0, count: isWide ? output : samples)
    }

    /// Passes `bytes`, whole frames and at most `blockFrames`, through the chain; the result is added to
    /// `samples`.
    func take(_ bytes: RawSpan, into samples: inout [Int16]) {
        let before = samples.count
        defer {
            fed += Int64(bytes.byteCount / format.bytesPerFrame)
            made += Int64((samples.count - before) / channels)
        }
        guard isWide else {
            let frames = Self.convert(bytes, with: conversion, into: &narrow)
            samples.append(contentsOf: narrow[0..<frames * channels])
            return
        }
        quantise(resample(bytes), into: &samples)
    }

    /// How many frames more of the device it takes until `frames`, at least one, have come out: the resampler
    /// makes an output frame as soon as the input is ahead of that frame's instant by the filter's delay.
    func framesNeeded(for frames: Int) -> Int {
        let last = made + Int64(frames) - 1
        let instant = last * Int64(resampler.source.hertz) / Int64(resampler.target.hertz)
        return max(1, Int(instant + 1 + resampler.inputLatency.value - fed))
    }

    /// Takes what the resampler still holds at a seam of the timeline; the next frame begins anew.
    func flush(into samples: inout [Int16]) {
        guard isWide else { return }
        while true {
            let frames = Self.flush(&resampler, into: &wideOutput)
            if frames == 0 { break }
            quantise(frames, into: &samples)
        }
        (fed, made) = (0, 0)
    }

    private func resample(_ bytes: RawSpan) -> Int {
        let frames = Self.convert(bytes, with: conversion, gain, into: &wideInput)
        return Self.resample(wideInput, frames * channels, with: &resampler, into: &wideOutput)
    }

    private func quantise(_ frames: Int, into samples: inout [Int16]) {
        let count = frames * channels
        Self.quantise(wideOutput, count, into: &narrow)
        samples.append(contentsOf: narrow[0..<count])
    }

    // A span can be borrowed of a parameter, but not of a property of a class.

    private static func convert(
        _ bytes: RawSpan, with conversion: CaptureConversion, into samples: inout [Int16]
    ) -> Int {
        var target = samples.mutableSpan
        return conversion.convert(bytes, into: &target)
    }

    private static func convert(
        _ bytes: RawSpan, with conversion: CaptureConversion, _ gain: Gain, into samples: inout [Float]
    ) -> Int {
        var target = samples.mutableSpan
        let frames = conversion.convert(bytes, into: &target)
        gain.apply(to: &target)
        return frames
    }

    private static func resample(
        _ input: [Float], _ count: Int, with resampler: inout Resampler, into output: inout [Float]
    ) -> Int {
        var target = output.mutableSpan
        return resampler.process(input.span.extracting(0..<count), into: &target).producedFrames
    }

    private static func flush(_ resampler: inout Resampler, into output: inout [Float]) -> Int {
        var target = output.mutableSpan
        return resampler.flush(into: &target)
    }

    private static func quantise(_ input: [Float], _ count: Int, into samples: inout [Int16]) {
        var target = samples.mutableSpan
        WorkingSamples.quantise(input.span.extracting(0..<count), into: &target)
    }
}
