/// Makes whole 16-bit samples of a stream of bytes that may be cut anywhere: an odd byte is kept for the next
/// cut.
package struct SampleAligner: Hashable, Sendable {
    private var odd: UInt8?

    package init() {}

    /// The samples completed by `bytes`, little-endian as linear16 is.
    package mutating func samples(from bytes: some Collection<UInt8>) -> [Int16] {
        var samples: [Int16] = []
        samples.reserveCapacity((bytes.count + 1) / 2)
        for byte in bytes {
            if let low = odd {
                samples.append(Int16(bitPattern: UInt16(byte) << 8 | UInt16(low)))
                odd = nil
            } else {
                odd = byte
            }
        }
        return samples
    }

    /// Forgets the odd byte: what comes next belongs to something else.
    package mutating func reset() { odd = nil }
}
