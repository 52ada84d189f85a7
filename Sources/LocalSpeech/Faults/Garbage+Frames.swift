import NIOCore
import NIOWebSocket

extension Fault.Garbage {
    /// The frames to send.
    func frames() -> [WebSocketFrame] {
        let unknown = ByteBuffer(string: #"{"type":"Surprise","detail":"a type that does not exist"}"#)
        switch self {
        case .rsv: return [WebSocketFrame(fin: true, rsv1: true, opcode: .text, data: unknown)]
        case .utf8:
            return [
                WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: [0x22, 0xc3, 0x28, 0x22]))
            ]
        case .opcode:
            guard let reserved = WebSocketOpcode(encodedWebSocketOpcode: 3) else { return [] }
            return [WebSocketFrame(fin: true, opcode: reserved, data: unknown)]
        case .masked:
            guard let key = WebSocketMaskingKey([1, 2, 3, 4]) else { return [] }
            return [WebSocketFrame(fin: true, opcode: .text, maskKey: key, data: unknown)]
        case .type: return [WebSocketFrame(fin: true, opcode: .text, data: unknown)]
        case .text: return [WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: "not JSON"))]
        case .binary: return [WebSocketFrame(fin: true, opcode: .binary, data: ByteBuffer(bytes: [1, 2, 3]))]
        case .fragments:
            return [
                WebSocketFrame(fin: false, opcode: .text, data: ByteBuffer(string: #"{"type":"#)),
                WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: "between")),
                WebSocketFrame(fin: false, opcode: .continuation, data: ByteBuffer(string: #""Surp"#)),
                WebSocketFrame(fin: true, opcode: .continuation, data: ByteBuffer(string: #"rise"}"#)),
            ]
        case .ping: return [WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: "earpost"))]
        }
    }
}
