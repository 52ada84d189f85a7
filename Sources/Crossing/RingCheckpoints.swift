/// Two places in a ring's file, written in turn, so that one whole checkpoint is there at every moment.
///
/// A slot: 0 sequence number, 8 length in bytes, 12 CRC-32C of both and of the bytes, 16 the bytes.
struct RingCheckpoints: Sendable {
    static let bytesMax = 8_192
    /// Where the first slot begins in the file, and how far the second is behind it.
    static let offset = 8_192
    static let stride = 12_288
    private static let blobOffset = 16

    /// Of the newest checkpoint; 0: there is none yet.
    private var sequence: UInt64 = 0

    /// The newest whole checkpoint in the file whose header is mapped at `header`, and what writes the next.
    static func find(in header: UnsafeMutableRawPointer) -> (checkpoints: RingCheckpoints, newest: [UInt8]?) {
        let found = (0..<2).compactMap { unsafe read(header + offset + $0 * stride) }
        guard let newest = found.max(by: { $0.sequence < $1.sequence }) else { return (Self(), nil) }
        return (Self(sequence: newest.sequence), newest.blob)
    }

    /// Overwrites the older of the two. Traps on more than `bytesMax`.
    mutating func write(_ blob: [UInt8], to header: UnsafeMutableRawPointer) {
        precondition(blob.count <= Self.bytesMax, "a checkpoint has at most 8 KiB")
        sequence += 1
        let slot = unsafe header + Self.offset + Int(sequence & 1) * Self.stride
        unsafe blob.withUnsafeBytes { bytes in
            unsafe UnsafeMutableRawBufferPointer(start: slot + Self.blobOffset, count: bytes.count)
                .copyMemory(from: bytes)
        }
        let length = UInt32(blob.count)
        unsafe slot.storeBytes(of: sequence, as: UInt64.self)
        unsafe slot.storeBytes(of: length, toByteOffset: 8, as: UInt32.self)
        unsafe slot.storeBytes(of: Self.checksum(sequence, blob), toByteOffset: 12, as: UInt32.self)
    }

    private static func read(_ slot: UnsafeMutableRawPointer) -> (sequence: UInt64, blob: [UInt8])? {
        let sequence = unsafe slot.load(as: UInt64.self)
        let length = unsafe slot.load(fromByteOffset: 8, as: UInt32.self)
        // A flipped bit may not let the numbers run out.
        guard sequence > 0, sequence < .max / 2, length <= bytesMax else { return nil }
        let blob = unsafe [UInt8](UnsafeRawBufferPointer(start: slot + blobOffset, count: Int(length)))
        guard unsafe slot.load(fromByteOffset: 12, as: UInt32.self) == checksum(sequence, blob) else {
            return nil
        }
        return (sequence, blob)
    }

    private static func checksum(_ sequence: UInt64, _ blob: [UInt8]) -> UInt32 {
        var sum = CRC32C()
        sum.add(sequence)
        sum.add(UInt64(blob.count))
        unsafe sum.add(blob.span.bytes)
        return sum.value
    }
}
