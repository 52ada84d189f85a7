import Audio
import Timeline

/// A packet of simulated sound: it says where it lies, and can be told from a damaged one.
struct Payload: Equatable {
    let position: Int64
    let frames: Int64

    static let bytesMin = 24

    /// As many bytes as the encoding would take; never fewer than it needs to say where it lies.
    func bytes(count: Int) -> [UInt8] {
        let count = max(Self.bytesMin, count)
        var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: position), count: count)
        store(UInt64(bitPattern: position), in: &bytes, at: 0)
        store(UInt64(bitPattern: frames), in: &bytes, at: 8)
        store(Dice.hash(UInt64(count), position), in: &bytes, at: count - 8)
        return bytes
    }

    init(position: Int64, frames: Int64) {
        self.position = position
        self.frames = frames
    }

    /// Nil where it is not what `bytes` made.
    init?(_ payload: borrowing RawSpan) {
        let count = payload.byteCount
        guard count >= Self.bytesMin else { return nil }
        position = Int64(bitPattern: Self.load(payload, at: 0))
        frames = Int64(bitPattern: Self.load(payload, at: 8))
        guard Self.load(payload, at: count - 8) == Dice.hash(UInt64(count), position) else { return nil }
    }

    private func store(_ value: UInt64, in bytes: inout [UInt8], at offset: Int) {
        for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    }

    private static func load(_ payload: borrowing RawSpan, at offset: Int) -> UInt64 {
        UInt64(littleEndian: payload.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
