import Audio
import Glibc

/// Examines one channel of a stream for what is wrong with its microphone, second after second: offset,
/// clipping, silence no room has, and the hum of the mains.
///
/// Pure arithmetic in memory of fixed size; a stretch may be cut into blocks of any length. Hum is looked for
/// in the stream averaged down to about 1 kHz, in blocks of 200 ms by Goertzel's algorithm, whose lines then
/// lie at 5 Hz and all its multiples: 50 and 60 Hz, their harmonics and the offset do not leak into one
/// another, and mains that are 1 Hz off are still seen.
package struct SoundProbe: Sendable {
    private static let blockLength = 200
    private static let harmonics = 5

    private let channels: Int
    private let channel: Int
    private let framesPerSecond: Int
    /// Frames averaged into one sample of the slow stream.
    private let stride: Int
    /// 2 cos ω of each line and the correction for what averaging takes from it: 50 Hz and harmonics, 60 Hz
    /// and harmonics.
    private let lines: [(coefficient: Double, gain: Double)]

    // Of the present second.
    private var frames = 0
    private var least = Int16.max
    private var greatest = Int16.min
    private var sum: Int64 = 0
    private var squares: Int64 = 0
    private var clipped = 0
    // Of the slow stream.
    private var block: [Double]
    private var blockFilled = 0
    private var strideFrames = 0
    private var strideSum: Int64 = 0
    /// Each line's power, summed over so many blocks.
    private var powers: [Double]
    private var blocks = 0

    private var findings: SoundFindings?

    /// Examines `channel` (from 0) of interleaved sound of `channels` at `rate`.
    package init(rate: SampleRate, channels: Int = 1, channel: Int = 0) {
        precondition(channels > 0 && 0..<channels ~= channel, "the channel is one of the stream's")
        self.channels = channels
        self.channel = channel
        framesPerSecond = rate.hertz
        let stride = max(1, rate.hertz / 1_000)
        self.stride = stride
        lines = [50.0, 60.0].flatMap { mains in
            (1...Self.harmonics).map { harmonic in
                let turn = Double.pi * mains * Double(harmonic) / Double(rate.hertz)
                let droop = stride == 1 ? 1 : sin(turn * Double(stride)) / (Double(stride) * sin(turn))
                return (2 * cos(2 * turn * Double(stride)), 1 / (droop * droop))
            }
        }
        block = Array(repeating: 0, count: Self.blockLength)
        powers = Array(repeating: 0, count: lines.count)
    }

    /// Adds `samples`, interleaved and in whole frames. A few operations for each frame, and every 200 ms
    /// some microseconds; allocates nothing.
    package mutating func measure(_ samples: Span<Int16>) {
        let (count, remainder) = samples.count.quotientAndRemainder(dividingBy: channels)
        precondition(remainder == 0, "samples come in whole frames")
        var frame = 0
        while frame < count {
            // Up to the next average or the end of the second, whichever comes first.
            let length = min(count - frame, stride - strideFrames, framesPerSecond - frames)
            add(samples, from: frame, length)
            frame += length
            if strideFrames == stride { endStride() }
            if frames == framesPerSecond { endSecond() }
        }
    }

    /// What the last whole second held; nil if none was completed since the last call.
    package mutating func take() -> SoundFindings? {
        defer { findings = nil }
        return findings
    }

    // MARK: parts

    private mutating func add(_ samples: Span<Int16>, from first: Int, _ length: Int) {
        var (low, high, total, square, ends) = (least, greatest, Int64(0), Int64(0), 0)
        var index = first * channels + channel
        for _ in 0..<length {
            let sample = samples[index]
            low = min(low, sample)
            high = max(high, sample)
            let value = Int64(sample)
            total += value
            square += value * value
            ends += sample == .max || sample == .min ? 1 : 0
            index += channels
        }
        (least, greatest) = (low, high)
        sum += total
        squares += square
        clipped += ends
        strideSum += total
        strideFrames += length
        frames += length
    }

    private mutating func endStride() {
        block[blockFilled] = Double(strideSum) / Double(stride)
        (strideSum, strideFrames) = (0, 0)
        blockFilled += 1
        guard blockFilled == Self.blockLength else { return }
        blockFilled = 0
        for index in lines.indices {
            powers[index] += power(of: lines[index].coefficient) * lines[index].gain
        }
        blocks += 1
    }

    /// The mean square of the block's part at one line.
    private func power(of coefficient: Double) -> Double {
        var (last, beforeLast) = (0.0, 0.0)
        for sample in block {
            (last, beforeLast) = (sample + coefficient * last - beforeLast, last)
        }
        let square = last * last + beforeLast * beforeLast - coefficient * last * beforeLast
        return 2 * square / Double(Self.blockLength * Self.blockLength)
    }

    private mutating func endSecond() {
        let count = Double(frames)
        let mean = Double(sum) / count
        let alternating = Double(squares) / count - mean * mean
        func share(_ power: Double) -> Double {
            blocks > 0 && alternating > 0 ? min(1, power / Double(blocks) / alternating) : 0
        }
        let (hum50, hum60) = (share(humPower(from: 0)), share(humPower(from: Self.harmonics)))
        findings = SoundFindings(
            offset: mean / 32_768, spread: Int(greatest) - Int(least), isZero: least == 0 && greatest == 0,
            clippedShare: Double(clipped) / count, hum50Share: hum50, hum60Share: hum60)
        (frames, sum, squares, clipped, blocks) = (0, 0, 0, 0, 0)
        (least, greatest) = (.max, .min)
        for index in powers.indices { powers[index] = 0 }
    }

    /// Power of the mains whose lines begin at `first`. Mains hum at their own frequency or, rectified, at
    /// twice that; what has only higher harmonics is music.
    private func humPower(from first: Int) -> Double {
        let base = powers[first] + powers[first + 1]
        return base + min(base, powers[first + 2] + powers[first + 3] + powers[first + 4])
    }
}
