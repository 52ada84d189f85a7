/// The sample formats a test device offers, by ALSA's names.
package enum SampleFormat: String, Sendable, CaseIterable {
    case s16 = "S16_LE"
    /// 24 bits in three bytes.
    case s24Packed = "S24_3LE"
    /// 24 bits in the low three bytes of four.
    case s24 = "S24_LE"
    case s32 = "S32_LE"
    /// 32-bit float, full scale is 1.
    case float = "FLOAT_LE"

    /// Bits that carry the value; float holds 24 exactly.
    package var significantBits: Int {
        switch self {
        case .s16: 16
        case .s24Packed, .s24, .float: 24
        case .s32: 32
        }
    }

    /// Bytes of one sample in memory.
    package var byteCount: Int {
        switch self {
        case .s16: 2
        case .s24Packed: 3
        case .s24, .s32, .float: 4
        }
    }
}
