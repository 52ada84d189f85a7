import NIOCore
import SpeechLink
import SpeechProtocol
import Testing

@Suite(.timeLimit(.minutes(1))) struct ProtocolViolationTests {
    @Test(
        arguments: [
            ("reserved bit", [0xC1, 0x00], 1002),
            ("unknown opcode", [0x83, 0x00], 1002),
            ("unknown control opcode", [0x8B, 0x00], 1002),
            ("masked", [0x81, 0x82, 1, 2, 3, 4, 0x7A, 0x7F], 1002),
            ("continuation of nothing", [0x80, 0x01, 0x61], 1002),
            ("message within a message", [0x01, 0x01, 0x61, 0x81, 0x01, 0x62], 1002),
            ("fragmented ping", [0x09, 0x00], 1002),
            ("text that is not UTF-8", [0x81, 0x02, 0xC3, 0x28], 1007),
            ("close code of one byte", [0x88, 0x01, 0x03], 1002),
            ("close code 1005", [0x88, 0x02, 0x03, 0xED], 1002),
            ("close code 999", [0x88, 0x02, 0x03, 0xE7], 1002),
            ("close reason that is not UTF-8", [0x88, 0x04, 0x03, 0xE8, 0xC3, 0x28], 1007),
            ("endless message", [0x82, 0x7F, 0, 0, 0, 1, 0, 0, 0, 0], 1009),
        ] as [(String, [UInt8], UInt16)])
    func isAnsweredWithItsCode(name: String, bytes: [UInt8], code: UInt16) async throws {
        let frames = Events<Frame>()
        let script = ScriptedServer.Script(
            requested: { _, peer in peer.accept() },
            received: { frame, peer in
                frames.continuation.yield(frame)
                if frame.opcode == Frame.Opcode.binary { peer.raw(bytes) }
            })
        let server = try await ScriptedServer(on: group, script: script)
        let listener = try await Listener(url: "ws://127.0.0.1:\(server.port)")
        listener.feed(1, at: 0)
        let error = try await listener.nextError()
        #expect(error == .closed(host: "127.0.0.1", .protocolViolation(code: code)))
        let close = try await frames.next { $0.opcode == Frame.Opcode.close ? $0 : nil }
        #expect(close.closeCode == code && close.isMasked)
        try await server.stop()
    }

    @Test func fragmentsArePutTogetherAroundAPing() async throws {
        let frames = Events<Frame>()
        let text = Array(#"{"type":"Warning","description":"grüß"}"#.utf8)
        let script = ScriptedServer.Script(received: { received, peer in
            frames.continuation.yield(received)
            guard received.opcode == Frame.Opcode.binary else { return }
            // The cut goes through a character.
            let cut = text.count - 5
            peer.raw(frame(1, Array(text[..<3]), fin: false))
            peer.raw(frame(0, Array(text[3..<cut]), fin: false))
            peer.raw(frame(9, [7, 8]))
            peer.raw(frame(0, Array(text[cut...])))
        })
        let server = try await ScriptedServer(on: group, script: script)
        let listener = try await Listener(url: "ws://127.0.0.1:\(server.port)")
        listener.feed(1, at: 0)
        let notice = try await listener.events.next {
            if case .warning(let notice) = $0 { notice } else { nil }
        }
        #expect(notice.description == "grüß")
        #expect(try await frames.next { $0.opcode == Frame.Opcode.pong ? $0 : nil }.payload == [7, 8])
        try await server.stop()
    }

    @Test func aBigMessageInSmallPiecesIsTaken() async throws {
        let words = String(repeating: "x", count: 100_000)
        let text = Array(#"{"type":"Warning","description":"\#(words)"}"#.utf8)
        let script = ScriptedServer.Script(received: { received, peer in
            guard received.opcode == Frame.Opcode.binary else { return }
            for byte in frame(1, text) { peer.channel.write(ByteBuffer(bytes: [byte]), promise: nil) }
            peer.channel.flush()
        })
        let server = try await ScriptedServer(on: group, script: script)
        let listener = try await Listener(url: "ws://127.0.0.1:\(server.port)")
        listener.feed(1, at: 0)
        let notice = try await listener.events.next {
            if case .warning(let notice) = $0 { notice } else { nil }
        }
        #expect(notice.description == words)
        try await server.stop()
    }
}
