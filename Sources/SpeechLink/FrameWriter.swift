import NIOCore
import NIOWebSocket

/// Writes one client frame (RFC 6455 §5.2) into a buffer it uses again and again: header and masked payload
/// adjoin, so that a packet is one write and costs no allocation once the transport has taken the last one.
struct FrameWriter {
    private static let headerBytesMax = 14
    private var buffer = ByteBuffer()
    private var random = SystemRandomNumberGenerator()

    /// A whole masked frame; good until the next one is written.
    mutating func frame(_ opcode: WebSocketOpcode, payload: borrowing RawSpan) -> ByteBuffer {
        let key = WebSocketMaskingKey.random(using: &random)
        let count = payload.byteCount
        buffer.clear(minimumCapacity: Self.headerBytesMax + count)
        buffer.moveWriterIndex(to: Self.headerBytesMax)
        buffer.moveReaderIndex(to: Self.headerBytesMax)
        buffer.writeBytes(payload)
        buffer.webSocketMask(key)

        let lengthBytes = count < 126 ? 0 : count <= Int(UInt16.max) ? 2 : 8
        var index = Self.headerBytesMax - (2 + lengthBytes + 4)
        buffer.moveReaderIndex(to: index)
        index += buffer.setInteger(0x80 | UInt8(webSocketOpcode: opcode), at: index)
        switch lengthBytes {
        case 0: index += buffer.setInteger(0x80 | UInt8(count), at: index)
        case 2:
            index += buffer.setInteger(UInt8(0x80 | 126), at: index)
            index += buffer.setInteger(UInt16(count), at: index)
        default:
            index += buffer.setInteger(UInt8(0x80 | 127), at: index)
            index += buffer.setInteger(UInt64(count), at: index)
        }
        buffer.setBytes(key, at: index)
        return buffer
    }
}
