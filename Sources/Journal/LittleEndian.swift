// Numbers as the files of the journal hold them: the lowest byte first.

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
