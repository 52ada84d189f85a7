import NIOCore
import NIOWebSocket

/// Makes messages of frames, and checks what NIO leaves unchecked: reserved bits, opcodes, masks, the order
/// of fragments, sizes, UTF-8 and close codes (RFC 6455 §5 to §8).
struct MessageAssembler {
    enum Output {
        case text([UInt8])
        case binary(ByteBuffer)
        case ping(ByteBuffer)
        case pong
        /// `code` nil: the close frame had none.
        case close(code: UInt16?, reason: String)
        /// The message is not complete yet.
        case nothing
        /// The peer broke the protocol: close with this code.
        case violation(code: UInt16)
    }

    /// Largest message taken; a sentence of speech at 48 kHz has less.
    static let messageBytesMax = 4 << 20

    private var fragments: (isText: Bool, data: ByteBuffer)?

    mutating func frameReceived(_ frame: WebSocketFrame) -> Output {
        guard frame.reservedBits.isEmpty, frame.maskKey == nil else { return .violation(code: 1002) }
        switch frame.opcode {
        case .text, .binary: return begun(frame)
        case .continuation: return continued(frame)
        case .ping: return .ping(frame.data)
        case .pong: return .pong
        case .connectionClose: return closed(frame.data)
        default: return .violation(code: 1002)
        }
    }

    private mutating func begun(_ frame: WebSocketFrame) -> Output {
        guard fragments == nil else { return .violation(code: 1002) }
        guard frame.fin else {
            fragments = (frame.opcode == .text, frame.data)
            return .nothing
        }
        return whole(frame.data, isText: frame.opcode == .text)
    }

    private mutating func continued(_ frame: WebSocketFrame) -> Output {
        guard let (isText, begun) = fragments else { return .violation(code: 1002) }
        var data = begun
        // So that the buffer has one owner and grows in place.
        fragments = nil
        guard data.readableBytes + frame.data.readableBytes <= Self.messageBytesMax else {
            return .violation(code: 1009)
        }
        data.writeImmutableBuffer(frame.data)
        guard frame.fin else {
            fragments = (isText, data)
            return .nothing
        }
        return whole(data, isText: isText)
    }

    private func whole(_ data: ByteBuffer, isText: Bool) -> Output {
        guard isText else { return .binary(data) }
        let bytes = Array(data.readableBytesView)
        return String(validating: bytes, as: UTF8.self) == nil ? .violation(code: 1007) : .text(bytes)
    }

    private func closed(_ data: ByteBuffer) -> Output {
        var data = data
        if data.readableBytes == 0 { return .close(code: nil, reason: "") }
        guard let code = data.readInteger(as: UInt16.self) else { return .violation(code: 1002) }
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: break
        default: return .violation(code: 1002)
        }
        guard let reason = String(validating: Array(data.readableBytesView), as: UTF8.self) else {
            return .violation(code: 1007)
        }
        return .close(code: code, reason: reason)
    }
}
