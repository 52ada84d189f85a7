/// The Castagnoli checksum (reflected polynomial 0x82F63B78), as in RFC 3720 §12.1.
struct CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
        }
    }

    private var state = UInt32.max

    /// Of everything added so far.
    var value: UInt32 { ~state }

    mutating func add(_ bytes: [UInt8], _ range: Range<Int>) {
        let table = Self.table
        var next = state
        for index in range {
            next = table[Int(UInt8(truncatingIfNeeded: next) ^ bytes[index])] ^ next >> 8
        }
        state = next
    }

    mutating func add(littleEndian number: UInt64) {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: number)
        add(bytes, bytes.indices)
    }
}

extension [UInt8] {
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        var rest = number
        for _ in 0..<Number.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    mutating func replace<Number: FixedWidthInteger>(at offset: Int, littleEndian number: Number) {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: number)
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    /// The number at `offset`; the caller knows that it is there.
    func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type = Number.self) -> Number {
        var number: Number = 0
        for index in (0..<Number.bitWidth / 8).reversed() {
            number = number << 8 | Number(truncatingIfNeeded: self[offset + index])
        }
        return number
    }
}
