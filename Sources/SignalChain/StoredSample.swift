import Audio

/// One sample in memory, of any format; little-endian and unaligned.
extension SampleFormat {
    /// The sample at `offset` bytes, as full scale ±1. RT-safe.
    @_noAllocation @_noLocks @inline(__always)
    func read(_ bytes: RawSpan, at offset: Int) -> Double {
        switch self {
        case .s16:
            let bits = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
            return Int16(truncatingIfNeeded: UInt16(littleEndian: bits)).fullScale
        case .s24packed:
            let low = unsafe UInt32(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            let middle = unsafe UInt32(bytes.unsafeLoad(fromByteOffset: offset + 1, as: UInt8.self))
            let high = unsafe UInt32(bytes.unsafeLoad(fromByteOffset: offset + 2, as: UInt8.self))
            return Self.leftAligned(high << 24 | middle << 16 | low << 8)
        case .s24:
            return Self.leftAligned(Self.word(bytes, at: offset) << 8)
        case .s32:
            return Self.leftAligned(Self.word(bytes, at: offset))
        case .float32:
            return Float(bitPattern: Self.word(bytes, at: offset)).fullScale
        }
    }

    /// Stores `value` of full scale ±1 at `offset` bytes, rounded and clipped. RT-safe.
    @_noAllocation @_noLocks @inline(__always)
    func write(_ value: Double, to bytes: inout MutableRawSpan, at offset: Int) {
        switch self {
        case .s16:
            bytes.storeBytes(of: Int16(fullScale: value).littleEndian, toByteOffset: offset, as: Int16.self)
        case .s24packed:
            let bits = UInt32(bitPattern: Int32(fullScale: value, bits: 24))
            bytes.storeBytes(of: UInt8(truncatingIfNeeded: bits), toByteOffset: offset, as: UInt8.self)
            bytes.storeBytes(
                of: UInt8(truncatingIfNeeded: bits >> 8), toByteOffset: offset + 1, as: UInt8.self)
            bytes.storeBytes(
                of: UInt8(truncatingIfNeeded: bits >> 16), toByteOffset: offset + 2, as: UInt8.self)
        case .s24:
            let sample = Int32(fullScale: value, bits: 24)
            bytes.storeBytes(of: sample.littleEndian, toByteOffset: offset, as: Int32.self)
        case .s32:
            let sample = Int32(fullScale: value, bits: 32)
            bytes.storeBytes(of: sample.littleEndian, toByteOffset: offset, as: Int32.self)
        case .float32:
            let bits = Float(fullScale: value).bitPattern
            bytes.storeBytes(of: bits.littleEndian, toByteOffset: offset, as: UInt32.self)
        }
    }

    /// Four bytes as a number. RT-safe.
    @_noAllocation @_noLocks @inline(__always)
    private static func word(_ bytes: RawSpan, at offset: Int) -> UInt32 {
        unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// Full scale ±1 of an integer whose sign is bit 31. RT-safe.
    @_noAllocation @_noLocks @inline(__always)
    private static func leftAligned(_ bits: UInt32) -> Double { Double(Int32(bitPattern: bits)) / 0x1p31 }
}
