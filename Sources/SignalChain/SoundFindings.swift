/// What `SoundProbe` found in one second of one channel: what tells a live microphone from a dead one.
package struct SoundFindings: Hashable, Sendable {
    /// The mean of all samples, of full scale ±1: what is left when all sound is averaged out.
    package var offset: Double
    /// The largest sample less the smallest one, in steps of 16-bit samples: 0…65 535.
    package var spread: Int
    /// Whether every sample was exactly zero.
    package var isZero: Bool
    /// The share of samples at either end of the range, 0…1.
    package var clippedShare: Double
    /// The share of the power, offset aside, that lies at 50 Hz and its harmonics up to 250 Hz, 0…1.
    package var hum50Share: Double
    /// The same for 60 Hz, up to 300 Hz.
    package var hum60Share: Double

    package init(
        offset: Double, spread: Int, isZero: Bool, clippedShare: Double, hum50Share: Double,
        hum60Share: Double
    ) {
        self.offset = offset
        self.spread = spread
        self.isZero = isZero
        self.clippedShare = clippedShare
        self.hum50Share = hum50Share
        self.hum60Share = hum60Share
    }
}

extension SoundFindings {
    /// In one word, for a gauge between two threads, with the low five bits of `number`, which tell one
    /// second's findings from the next one's. 0 is no findings at all.
    ///
    ///     bits   0…16 offset (16-bit steps)   17…32 spread   33 zero   34…44 clipped (‰, rounded up)
    ///            45…51 hum 50 (%)   52…58 hum 60 (%)   59…63 number
    package func packed(number: Int) -> Int64 {
        let offset = UInt64(bitPattern: Int64((offset * 32_768).rounded())) & 0x1_FFFF
        var bits = offset
        bits |= UInt64(min(max(spread, 0), 0xFFFF)) << 17
        bits |= UInt64(isZero ? 1 : 0) << 33
        bits |= UInt64(Self.portion(clippedShare, of: 1_000, .up)) << 34
        bits |= UInt64(Self.portion(hum50Share, of: 100, .toNearestOrEven)) << 45
        bits |= UInt64(Self.portion(hum60Share, of: 100, .toNearestOrEven)) << 52
        bits |= UInt64(number & 31) << 59
        return Int64(bitPattern: bits)
    }

    /// Reads what `packed` made; nil for 0.
    package init?(packed: Int64) {
        guard packed != 0 else { return nil }
        let bits = UInt64(bitPattern: packed)
        func field(_ shift: Int, _ width: Int) -> Int {
            Int(bits >> UInt64(shift) & (1 << UInt64(width) - 1))
        }
        let offset = field(0, 17)
        self.init(
            offset: Double(offset >= 0x1_0000 ? offset - 0x2_0000 : offset) / 32_768, spread: field(17, 16),
            isZero: field(33, 1) == 1, clippedShare: Double(field(34, 11)) / 1_000,
            hum50Share: Double(field(45, 7)) / 100, hum60Share: Double(field(52, 7)) / 100)
    }

    /// The number `packed` bears, 0…31.
    package static func number(packed: Int64) -> Int { Int(UInt64(bitPattern: packed) >> 59) }

    private static func portion(
        _ share: Double, of whole: Double, _ rule: FloatingPointRoundingRule
    ) -> Int {
        share > 0 ? Int((min(share, 1) * whole).rounded(rule)) : 0
    }
}
