/// The engine for tests: no recogniser, but a reader of test signals whose content tells where they stand.
///
/// One word per 200 ms of audio:
/// - `r<N>`: every sample is its predecessor plus one (modulo 65536), the first being N as an unsigned
///   number. A ramp tells a position exactly to the sample; linear16 only.
/// - `t<D>`: the strongest of sixteen tones, 400 Hz + D · 150 Hz, D a hexadecimal digit. A source that plays
///   tone `slot % 16` during its 200 ms slot tells a position through any codec.
/// - `z`: silence (all samples within ±64).
/// - `x`: anything else, such as a ramp with a sample missing.
///
/// A last piece shorter than 200 ms but of at least 20 ms has a word too.
package enum PositionsReader {
    /// The lowest tone, and the step between tones, in Hz.
    package static let toneBase = 400.0
    package static let toneStep = 150.0
    /// How much of a window's energy the strongest tone must hold to count.
    private static let toneShare = 0.5
    private static let silence: Int16 = 64

    package static func words(_ samples: [Int16], sampleRate: Int) -> [RecognisedWord] {
        let step = sampleRate / 5
        guard step > 0 else { return [] }
        return stride(from: 0, to: samples.count, by: step).compactMap { start in
            let window = samples[start..<min(start + step, samples.count)]
            guard window.count >= sampleRate / 50 else { return nil }
            return RecognisedWord(
                text: word(Array(window), sampleRate: sampleRate),
                start: Double(start) / Double(sampleRate),
                end: Double(start + window.count) / Double(sampleRate), confidence: 1)
        }
    }

    private static func word(_ window: [Int16], sampleRate: Int) -> String {
        let pairs = zip(window, window.dropFirst())
        if pairs.allSatisfy({ $1 == $0 &+ 1 }) { return "r\(UInt16(bitPattern: window[0]))" }
        if window.allSatisfy({ $0 >= -silence && $0 <= silence }) { return "z" }
        let energy = window.reduce(0.0) { $0 + Double($1) * Double($1) }
        let shares = (0..<16).map { digit in
            let frequency = toneBase + Double(digit) * toneStep
            return toneEnergy(window, cyclesPerSample: frequency / Double(sampleRate)) / energy
        }
        guard let best = shares.indices.max(by: { shares[$0] < shares[$1] }), shares[best] >= toneShare
        else { return "x" }
        return "t" + String(best, radix: 16)
    }

    /// The energy of `window` at one frequency (Goertzel), on the scale of the sum of squares.
    private static func toneEnergy(_ window: [Int16], cyclesPerSample: Double) -> Double {
        let coefficient = 2 * Cosine.value(cyclesPerSample)
        var (last, previous) = (0.0, 0.0)
        for sample in window { (last, previous) = (Double(sample) + coefficient * last - previous, last) }
        let power = last * last + previous * previous - coefficient * last * previous
        return power * 2 / Double(window.count)
    }
}
