import NIOCore
import NIOPosix
import SpeechLink
import SpeechProtocol
import Testing
import Timeline

@Suite(.timeLimit(.minutes(1))) struct RefusedConnectionTests {
    private func error(_ script: ScriptedServer.Script) async throws -> LinkError {
        let server = try await ScriptedServer(on: group, script: script)
        let listener = try await Listener(url: "ws://127.0.0.1:\(server.port)")
        listener.feed(1, at: 0)
        let error = try await listener.nextError()
        #expect(!error.sentence.contains(key))
        try await server.stop()
        return error
    }

    @Test func aRefusalIsToldWhole() async throws {
        let error = try await error(
            ScriptedServer.Script(requested: { _, peer in
                peer.refuse(
                    "402 Payment Required", headers: ["dg-error: No credit.", "dg-request-id: abc"],
                    body: #"{"err_code":"ASR_PAYMENT_REQUIRED","err_msg":"x"}"#)
            }))
        guard case .refused(_, let refusal) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(
            refusal.status == 402 && refusal.code == "ASR_PAYMENT_REQUIRED" && refusal.message == "No credit."
        )
        #expect(refusal.requestID == "abc" && error.isLasting)
    }

    @Test func aBodyWithoutEndIsReadOnlySoFar() async throws {
        let error = try await error(
            ScriptedServer.Script(requested: { _, peer in
                peer.raw(Array("HTTP/1.1 503 Away\r\nRetry-After: 7\r\nContent-Length: 9999999\r\n\r\n".utf8))
                peer.raw(Array(repeating: 0x61, count: 200_000))
            }))
        guard case .refused(_, let refusal) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(refusal.classification == .throttled(retryAfter: .seconds(7)))
    }

    @Test func aNewKeyIsTriedAtOnce() async throws {
        let script = ScriptedServer.Script(requested: { request, peer in
            if request.values("Sec-WebSocket-Protocol") == ["token, newkey"] {
                peer.accept()
            } else {
                peer.refuse("401 Unauthorized")
            }
        })
        let server = try await ScriptedServer(on: group, script: script)
        let listener = try await Listener(url: "ws://127.0.0.1:\(server.port)")
        listener.feed(1, at: 0)
        let state = try await listener.nextState { if case .refused = $0 { true } else { false } }
        guard case .refused(_, .refused(_, let refusal)) = state else {
            Issue.record("\(state)")
            return
        }
        #expect(refusal.classification == .unauthorized)
        try await listener.withLink { link in
            do {
                link.replaceCredential(try Credential(scheme: .token, contents: "newkey"))
            } catch {
                Issue.record(error)
            }
        }
        _ = try await listener.nextState { if case .open = $0 { true } else { false } }
        try await server.stop()
    }

    @Test(arguments: ["bearer", "graphql-ws", key]) func aForeignSubprotocolIsRejected(selected: String)
        async throws
    {
        let error = try await error(
            ScriptedServer.Script(requested: { _, peer in peer.accept(subprotocol: selected) }))
        #expect(
            error == .foreignSubprotocol(host: "127.0.0.1", selected: selected == key ? "‹secret›" : selected)
        )
        #expect(error.isLasting)
    }

    @Test func noSubprotocolIsTaken() async throws {
        let server = try await ScriptedServer(
            on: group, script: ScriptedServer.Script(requested: { _, peer in peer.accept(subprotocol: nil) }))
        let listener = try await Listener(url: "ws://127.0.0.1:\(server.port)")
        listener.feed(1, at: 0)
        _ = try await listener.nextState { if case .open = $0 { true } else { false } }
        try await server.stop()
    }

    @Test func anExtensionNobodyOfferedIsRejected() async throws {
        let error = try await error(
            ScriptedServer.Script(requested: { _, peer in
                peer.accept(headers: ["Sec-WebSocket-Extensions: permessage-deflate"])
            }))
        #expect(error == .notAWebSocket(host: "127.0.0.1"))
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: AAAA\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
    ])
    func whatIsNoWebSocketIsSaidSo(answer: String) async throws {
        let error = try await error(
            ScriptedServer.Script(requested: { _, peer in peer.raw(Array(answer.utf8)) }))
        #expect(error == .notAWebSocket(host: "127.0.0.1"))
    }

    @Test func aHangUpInsteadOfAnAnswerIsNoWebSocket() async throws {
        let error = try await error(ScriptedServer.Script(requested: { _, peer in peer.end() }))
        #expect(error == .notAWebSocket(host: "127.0.0.1"))
    }

    @Test func aServerThatNeverAnswersIsGivenUp() async throws {
        let error = try await error(ScriptedServer.Script(requested: { _, _ in }))
        #expect(error == .handshakeTimedOut(host: "127.0.0.1"))
        #expect(!error.isLasting)
    }

    @Test func nobodyListeningIsSaidSo() async throws {
        // A port of the system's that nobody serves here; one just given up might be another test's by now.
        let listener = try await Listener(url: "ws://127.0.0.1:1")
        listener.feed(1, at: 0)
        #expect(try await listener.nextError() == .connectionRefused(host: "127.0.0.1", port: 1))
    }

    @Test func aNameWithoutAddressIsSaidSo() async throws {
        let listener = try await Listener(url: "wss://no-such-host.invalid")
        listener.feed(1, at: 0)
        #expect(try await listener.nextError() == .nameNotResolved(host: "no-such-host.invalid"))
    }
}
