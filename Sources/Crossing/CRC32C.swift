/// The checksum of records in memory and on disk: CRC-32C (Castagnoli; RFC 3720, appendix B.4).
///
/// Any single burst of up to 32 wrong bits is noticed; other damage passes once in 2³². The order of what is
/// added matters, how it is cut into pieces does not.
package struct CRC32C: Sendable {
    private var state: UInt32 = .max

    package init() {}

    /// The checksum of what was added so far.
    package var value: UInt32 { ~state }

    /// Adds all of `bytes`. Some 2 ns a byte. Any thread.
    package mutating func add(_ bytes: borrowing RawSpan) {
        let table = Self.table
        var state = state
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe bytes.forEach { byte in
                state = table[Int((state ^ UInt32(byte)) & 0xFF)] ^ state >> 8
            }
        }
        self.state = state
    }

    /// Adds all of `bytes`, some 2 ns each. Any thread.
    package mutating func add(_ bytes: Span<UInt8>) {
        let table = Self.table
        var state = state
        for index in bytes.indices { state = table[Int((state ^ UInt32(bytes[index])) & 0xFF)] ^ state >> 8 }
        self.state = state
    }

    /// Adds the eight bytes of `number`, the lowest first.
    package mutating func add(_ number: UInt64) {
        let table = Self.table
        for shift in stride(from: 0, to: 64, by: 8) {
            let byte = UInt32(truncatingIfNeeded: number >> UInt64(shift))
            state = table[Int((state ^ byte) & 0xFF)] ^ state >> 8
        }
    }

    /// What one byte does to the state: its polynomial division, bits reversed.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? 0x82F6_3B78 ^ rest >> 1 : rest >> 1 }
    }
}
