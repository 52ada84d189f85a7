import Audio
import SignalChain
import Testing

/// Whatever goes in comes out at the right time, at the right level, and in the right number.
@Suite struct ResamplerTests {
    static let pairs = [
        [48_000, 16_000], [44_100, 16_000], [16_000, 48_000], [24_000, 48_000], [8_000, 16_000],
        [48_000, 44_100],
    ]

    /// Everything that comes of `input`, fed in blocks of these sizes over and over, with the tail.
    private func resample(
        _ input: [Int16], _ rates: [Int], channels: Int = 1, blocks: [Int] = [480], room: Int? = nil
    ) throws -> [Int16] {
        var resampler = try Resampler(
            from: SampleRate(hertz: rates[0]), to: SampleRate(hertz: rates[1]), channels: channels)
        var output: [Int16] = []
        let capacity = room ?? resampler.outputFramesMax(of: blocks.max() ?? 1)
        var buffer = [Int16](repeating: 0, count: capacity * channels)
        var (position, turn) = (0, 0)
        while position < input.count / channels {
            let frames = min(blocks[turn % blocks.count], input.count / channels - position)
            turn += 1
            var span = buffer.mutableSpan
            let block = input.span.extracting(position * channels..<(position + frames) * channels)
            let progress = resampler.process(block, into: &span)
            if room == nil { #expect(progress.consumedFrames == frames) }
            #expect(progress.consumedFrames + progress.producedFrames > 0)
            output += buffer.prefix(progress.producedFrames * channels)
            position += progress.consumedFrames
        }
        while true {
            var span = buffer.mutableSpan
            let frames = resampler.flush(into: &span)
            guard frames > 0 else { return output }
            output += buffer.prefix(frames * channels)
        }
    }

    @Test(arguments: pairs)
    func aSineKeepsItsFrequencyPhaseAndLevel(rates: [Int]) throws {
        for frequency in [300.0, 1_000, 3_000] {
            let input = Signals.sine(frequency, rate: rates[0], frames: rates[0] / 2)
            let output = try resample(Signals.int16(input), rates).map { Double($0) / 32_768 }
            let wanted = Signals.sine(frequency, rate: rates[1], frames: rates[1] / 2)
            #expect(output.count == wanted.count)
            // The very ends see the edge of the sound.
            let middle = rates[1] / 50..<wanted.count - rates[1] / 50
            #expect(Signals.correlation(output[middle], wanted[middle]) > 0.99999)
            #expect(abs(Signals.amplitude(output[middle]) - 0.5) < 0.002)
        }
    }

    @Test(arguments: [[48_000, 16_000], [44_100, 16_000]])
    func soundAboveTheNewBandIsGone(rates: [Int]) throws {
        let high = Signals.sine(Double(rates[1]) * 0.6, rate: rates[0], frames: rates[0] / 4)
        let output = try resample(Signals.int16(high), rates).map { Double($0) / 32_768 }
        let middle = rates[1] / 50..<output.count - rates[1] / 50
        #expect(Signals.amplitude(output[middle]) < 0.002)
    }

    @Test(arguments: pairs)
    func anImpulseStaysAtItsInstant(rates: [Int]) throws {
        for instant in [0, 1, 997, 4_000] {
            var input = [Int16](repeating: 0, count: 5_000)
            input[instant] = 30_000
            let output = try resample(input, rates, blocks: [1, 37, 480])
            let peak = output.indices.max { abs(Int(output[$0])) < abs(Int(output[$1])) }
            let wanted = Double(instant) * Double(rates[1]) / Double(rates[0])
            #expect(abs(Double(try #require(peak)) - wanted) <= 1)
        }
    }

    @Test(arguments: pairs)
    func howTheInputIsCutChangesNothing(rates: [Int]) throws {
        let input = Signals.noise(frames: 10_000, seed: 2).map { $0 / 2 }
        let whole = try resample(input, rates, blocks: [10_000])
        #expect(try resample(input, rates, blocks: [1, 37, 480, 4_096]) == whole)
        #expect(try resample(input, rates, blocks: [480], room: 1) == whole)
        #expect(try resample(input, rates, blocks: [37], room: 7) == whole)
        #expect(whole.count == (10_000 * rates[1] + rates[0] - 1) / rates[0])
    }

    /// Ten minutes in, in ragged blocks: the count of frames is right at every step, not only at the end.
    @Test(arguments: pairs)
    func positionsNeverDrift(rates: [Int]) throws {
        var resampler = try Resampler(
            from: SampleRate(hertz: rates[0]), to: SampleRate(hertz: rates[1]), quality: 0)
        let input = Signals.noise(frames: 4_096, seed: 3)
        var buffer = [Int16](repeating: 0, count: resampler.outputFramesMax(of: 4_096))
        let (blocks, latency) = ([1, 37, 480, 4_096], Double(resampler.inputLatency.value))
        var (consumed, produced, turn, worst) = (0, 0, 0, 0.0)
        while consumed < 600 * rates[0] {
            let frames = min(blocks[turn % 4], 600 * rates[0] - consumed)
            turn += 1
            var span = buffer.mutableSpan
            let progress = resampler.process(input.span.extracting(0..<frames), into: &span)
            #expect(progress.consumedFrames == frames)
            consumed += progress.consumedFrames
            produced += progress.producedFrames
            let wanted = max(0, (Double(consumed) - latency) * Double(rates[1]) / Double(rates[0]))
            worst = max(worst, abs(Double(produced) - wanted))
        }
        #expect(worst <= 1)
        var frames = 0
        repeat {
            var span = buffer.mutableSpan
            frames = resampler.flush(into: &span)
            produced += frames
        } while frames > 0
        #expect(produced == 600 * rates[1])
    }

    @Test func equalRatesPassEverySampleUnchangedAndAtOnce() throws {
        let input = Signals.noise(frames: 3_000, seed: 4)
        for channels in [1, 2, 3] {
            #expect(
                try resample(input, [16_000, 16_000], channels: channels, blocks: [1, 37, 480]) == input)
        }
        var resampler = try Resampler(from: SampleRate(hertz: 16_000), to: SampleRate(hertz: 16_000))
        #expect(resampler.inputLatency == .zero)
        let floats: [Float] = [0.25, -2, .infinity]
        var copies = [Float](repeating: 0, count: 2)
        var span = copies.mutableSpan
        let progress = resampler.process(floats.span, into: &span)
        #expect(progress.consumedFrames == 2 && progress.producedFrames == 2)
        #expect(copies == [0.25, -2])
    }

    @Test(arguments: [2, 8])
    func channelsAreKeptApart(channels: Int) throws {
        let rates = [48_000, 16_000]
        let mono = (0..<channels).map { Signals.noise(frames: 2_000, seed: UInt64($0)).map { $0 / 4 } }
        let input = (0..<2_000).flatMap { frame in mono.map { $0[frame] } }
        let output = try resample(input, rates, channels: channels, blocks: [37, 480], room: 100)
        for channel in 0..<channels {
            let alone = try resample(mono[channel], rates)
            #expect(stride(from: channel, to: output.count, by: channels).map { output[$0] } == alone)
        }
    }

    @Test func floatsAndIntegersGoTheSameWay() throws {
        let rates = (SampleRate(hertz: 48_000), SampleRate(hertz: 16_000))
        let input = Signals.sine(440, rate: 48_000, frames: 4_800).map { Float($0) }
        var resampler = try Resampler(from: rates.0, to: rates.1)
        var output = [Float](repeating: 0, count: 1_600)
        var span = output.mutableSpan
        let made = resampler.process(input.span, into: &span).producedFrames
        var tail = [Float](repeating: 0, count: 100)
        var tailSpan = tail.mutableSpan
        let rest = resampler.flush(into: &tailSpan)
        #expect(made + rest == 1_600)
        #expect(rest == Int(resampler.outputLatency.value))
        let both = (output.prefix(made) + tail.prefix(rest)).map { Double($0) }
        let wanted = Signals.sine(440, rate: 16_000, frames: 1_600)
        #expect(Signals.correlation(both[100..<1_500], wanted[100..<1_500]) > 0.999999)
    }

    @Test func afterResetOrFlushItIsAsNew() throws {
        let input = Signals.noise(frames: 1_000, seed: 5)
        let rates = (SampleRate(hertz: 44_100), SampleRate(hertz: 16_000))
        var resampler = try Resampler(from: rates.0, to: rates.1)
        var runs: [[Int16]] = []
        for run in 0..<3 {
            var buffer = [Int16](repeating: 0, count: 500)
            var span = buffer.mutableSpan
            let progress = resampler.process(input.span, into: &span)
            runs.append(Array(buffer.prefix(progress.producedFrames)))
            if run == 0 {
                resampler.reset()
            } else {
                var rest = 0
                repeat {
                    var span = buffer.mutableSpan
                    rest = resampler.flush(into: &span)
                } while rest > 0
            }
        }
        #expect(runs[0].count > 300)
        #expect(runs[1] == runs[0])
        #expect(runs[2] == runs[0])
    }

    @Test func whatItCannotDoIsAnError() {
        let rates = (SampleRate(hertz: 48_000), SampleRate(hertz: 16_000))
        for quality in [-1, 11] {
            #expect(throws: SignalError.qualityOutOfRange(quality)) {
                _ = try Resampler(from: rates.0, to: rates.1, quality: quality)
            }
        }
        for channels in [0, 9] {
            #expect(throws: SignalError.channelsUnsupported(channels)) {
                _ = try Resampler(from: rates.0, to: rates.1, channels: channels)
            }
        }
        #expect(throws: SignalError.ratesUnsupported(source: 1 << 40, target: 16_000)) {
            _ = try Resampler(from: SampleRate(hertz: 1 << 40), to: rates.1)
        }
    }
}
