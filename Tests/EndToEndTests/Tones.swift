import Glibc
import System

/// The signal the `positions` engine reads through any codec: sixteen tones of 200 ms, one after the other.
enum Tones {
    static let rate = 16_000
    /// Frames of one tone.
    static let slot = rate / 5

    static var samples: [Int16] {
        (0..<16 * slot).map { frame in
            let hertz = 400.0 + 150.0 * Double(frame / slot)
            return Int16(12_000 * sin(2 * .pi * hertz * Double(frame % slot) / Double(rate)))
        }
    }
}

/// Writes `Tones` as a 16-bit mono WAV file.
func writeTones(to path: String) throws {
    func bytes(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    let data = Tones.samples.flatMap { bytes(Int($0), 2) }
    var wav = Array("RIFF".utf8) + bytes(36 + data.count, 4) + Array("WAVEfmt ".utf8)
    wav += bytes(16, 4) + bytes(1, 2) + bytes(1, 2) + bytes(Tones.rate, 4) + bytes(2 * Tones.rate, 4)
    wav += bytes(2, 2) + bytes(16, 2) + Array("data".utf8) + bytes(data.count, 4) + data
    try write(wav, to: path)
}
