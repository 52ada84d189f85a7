import Glibc

/// Sounds made to measure, and measures of sounds.
enum Signals {
    /// A sine of `frequency` hertz at `rate`, `amplitude` of full scale, from phase 0 at frame 0.
    static func sine(_ frequency: Double, rate: Int, frames: Int, amplitude: Double = 0.5) -> [Double] {
        (0..<frames).map { amplitude * sin(2 * .pi * frequency * Double($0) / Double(rate)) }
    }

    /// A buzz of ten harmonics whose pitch and loudness glide, as a voice's do.
    static func voice(rate: Int, frames: Int) -> [Double] {
        var phase = 0.0
        return (0..<frames).map { frame in
            let time = Double(frame) / Double(rate)
            let pitch = 140 + 30 * sin(8.2 * time)
            phase += 2 * Double.pi * pitch / Double(rate)
            var buzz = 0.0
            for harmonic in stride(from: 1.0, through: 10, by: 1) {
                buzz += sin(harmonic * phase + 0.7 * harmonic * harmonic) / harmonic
            }
            let loudness = 0.6 + 0.4 * sin(18.8 * time)
            return 0.15 * buzz * loudness
        }
    }

    static func int16(_ samples: [Double]) -> [Int16] {
        samples.map { Int16(max(-32_768, min(32_767, ($0 * 32_768).rounded()))) }
    }

    /// How alike two signals are, from −1 to 1, whatever their loudness.
    static func correlation(_ left: some Sequence<Double>, _ right: some Sequence<Double>) -> Double {
        var (cross, leftSquares, rightSquares) = (0.0, 0.0, 0.0)
        for (a, b) in zip(left, right) {
            cross += a * b
            leftSquares += a * a
            rightSquares += b * b
        }
        return leftSquares > 0 && rightSquares > 0 ? cross / (leftSquares * rightSquares).squareRoot() : 0
    }

    /// The amplitude a sine of the same power would have.
    static func amplitude(_ samples: some Collection<Double>) -> Double {
        (2 * samples.reduce(0) { $0 + $1 * $1 } / Double(max(1, samples.count))).squareRoot()
    }

    /// Repeatable noise, a different one for each seed.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            return mixed ^ (mixed >> 31)
        }
    }

    static func noise(frames: Int, seed: UInt64) -> [Int16] {
        var generator = Generator(state: seed)
        return (0..<frames).map { _ in Int16.random(in: .min ... .max, using: &generator) }
    }
}

extension Signals {
    /// Of a sine of `frequency` hertz and amplitude 1, one frame.
    static func sineSample(_ frequency: Double, rate: Int, frame: Int) -> Double {
        sin(2 * .pi * frequency * Double(frame) / Double(rate))
    }

    /// White noise between `amplitude` and −`amplitude` of full scale.
    static func hiss(_ amplitude: Double, frames: Int, seed: UInt64) -> [Double] {
        var generator = Generator(state: seed)
        return (0..<frames).map { _ in Double.random(in: -amplitude...amplitude, using: &generator) }
    }
}
