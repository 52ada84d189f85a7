import Audio
import NIOCore
import NIOPosix
import SpeechLink
import SpeechProtocol
import Testing
import Timeline

@Suite(.timeLimit(.minutes(1))) struct ListenLinkTests {
    /// Starts a server and a listener for it, runs `body`, and stops both.
    private func with(
        _ script: ScriptedServer.Script, confirmed: Int64 = 0, _ body: (Listener) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer(on: group, script: script)
        let listener = try await Listener(url: "ws://127.0.0.1:\(server.port)", confirmed: confirmed)
        try await body(listener)
        try await server.stop()
    }

    @Test func theUpgradeIsAskedForExactlySo() async throws {
        let requests = Events<Request>()
        let script = ScriptedServer.Script(requested: { request, peer in
            requests.continuation.yield(request)
            peer.accept()
        })
        try await with(script) { listener in
            listener.feed(1, at: 0)
            let request = try await requests.next { $0 }
            #expect(
                request.target
                    == "/v1/listen?model=nova-3&encoding=linear16&sample_rate=1000&channels=1&tag=a%20b")
            #expect(request.values("Sec-WebSocket-Protocol") == ["token, \(key)"])
            #expect(request.values("Authorization").isEmpty)
            #expect(request.values("Host").first?.hasPrefix("127.0.0.1:") == true)
            #expect(request.values("Sec-WebSocket-Version") == ["13"])
            #expect(request.values("Sec-WebSocket-Extensions").isEmpty)
            #expect(request.values("Transfer-Encoding").isEmpty)
            let state = try await listener.nextState { if case .open = $0 { true } else { false } }
            #expect(state == .open(requestID: "request-1"))
        }
    }

    @Test func eachPacketIsOneMaskedMessageAndAnswersComeBack() async throws {
        let frames = Events<Frame>()
        let script = ScriptedServer.Script(received: { frame, peer in
            frames.continuation.yield(frame)
            if frame.payload.first == 2 {
                peer.text(results(0, 0.2, "hello"))
                peer.text(#"{"type":"SpeechStarted","channel":[0,1],"timestamp":0.1}"#)
                peer.text(#"{"type":"Unheard"}"#)
            }
        })
        try await with(script) { listener in
            listener.feed(1, at: 0, bytes: 125)
            listener.feed(2, at: 100, bytes: 40_000)
            for (byte, count) in [(1, 125), (2, 40_000)] as [(UInt8, Int)] {
                let frame = try await frames.next { $0 }
                #expect(
                    frame == Frame(opcode: 2, isMasked: true, payload: Array(repeating: byte, count: count)))
            }
            let (result, confirmed) = try await listener.events.next { event in
                if case .result(let result, let confirmed) = event { (result, confirmed) } else { nil }
            }
            #expect(result.text == "hello" && result.end == position(200) && result.requestID == "request-1")
            #expect(confirmed == position(200))
            let started = try await listener.events.next {
                $0 == .speechStarted(channel: 0, at: position(100)) ? true : nil
            }
            #expect(started)
            let note = try await listener.events.next { if case .note(let text) = $0 { text } else { nil } }
            #expect(note == "the service sent a message of unknown type Unheard")
        }
    }

    @Test func whatWasDroppedFromTheQueueIsNotSentAgain() async throws {
        let bytes = Events<[Int]>()
        let script = ScriptedServer.Script(received: { frame, peer in
            guard frame.opcode == 2 else { return }
            bytes.continuation.yield([peer.number, Int(frame.payload[0])])
            if frame.payload[0] == 3 { peer.end() }
        })
        try await with(script) { listener in
            listener.feed(1, at: 0)
            listener.feed(2, at: 100)
            #expect(try await bytes.next { $0 } == [1, 1])
            #expect(try await bytes.next { $0 } == [1, 2])
            try await listener.release(before: position(100))
            listener.feed(3, at: 200)
            #expect(try await bytes.next { $0 } == [1, 3])
            #expect(try await bytes.next { $0 } == [2, 2])
        }
    }

    @Test func aMessageInTheSameBreathAsTheUpgradeIsHeard() async throws {
        let script = ScriptedServer.Script(requested: { _, peer in
            peer.accept(early: frame(1, Array(#"{"type":"Warning","description":"early"}"#.utf8)))
        })
        try await with(script) { listener in
            listener.feed(1, at: 0)
            let notice = try await listener.events.next {
                if case .warning(let notice) = $0 { notice } else { nil }
            }
            #expect(notice.description == "early")
        }
    }

    @Test func resultsBeyondAGapLieBeyondItAlsoTheSecondTime() async throws {
        let script = ScriptedServer.Script(received: { frame, peer in
            if frame.payload.first == 2 {
                if peer.number == 1 { peer.end() } else { peer.text(results(0.1, 0.1, "b")) }
            }
        })
        try await with(script) { listener in
            listener.feed(1, at: 0)
            listener.feedGap(at: 100, frames: 400)
            listener.feed(2, at: 500)
            var sent: [Int64] = []
            while true {
                let event: ListenEvent = try await listener.events.next { $0 }
                if case .sent(let frames, let start) = event { sent += [start.frames, frames.value] }
                if case .result(let result, _) = event {
                    #expect(result.start == position(500) && result.end == position(600))
                    break
                }
            }
            #expect(sent == [0, 100, 500, 100, 0, 100, 500, 100])
        }
    }

    @Test func whatIsNotFinalIsSentAgainAfterABreak() async throws {
        let received = Events<(connection: Int, byte: UInt8)>()
        let script = ScriptedServer.Script(received: { frame, peer in
            guard frame.opcode == 2 else { return }
            received.continuation.yield((peer.number, frame.payload[0]))
            switch (peer.number, frame.payload[0]) {
            case (1, 2): peer.text(results(0, 0.15, "one"))
            case (1, 3): peer.close(1011, "did not receive audio data. See https://dpgr.am/net0001")
            // The service hears the second packet again, of which half was final.
            case (2, 3): peer.text(results(0, 0.05, "one")); peer.text(results(0.05, 0.15, "two"))
            default: break
            }
        })
        try await with(script) { listener in
            listener.feed(1, at: 0)
            listener.feed(2, at: 100)
            let first = try await listener.events.next {
                if case .result(let result, _) = $0 { result } else { nil }
            }
            #expect(first.text == "one" && first.end == position(150))
            listener.feed(3, at: 200)
            let error = try await listener.nextError()
            #expect(error == .closed(host: "127.0.0.1", .clientSilent))
            let second = try await listener.events.next {
                if case .result(let result, _) = $0 { result } else { nil }
            }
            #expect(second.text == "two" && second.start == position(150) && second.end == position(300))
            var order: [[Int]] = []
            while order.count < 5 { order.append(try await received.next { [$0.connection, Int($0.byte)] }) }
            #expect(order == [[1, 1], [1, 2], [1, 3], [2, 2], [2, 3]])
        }
    }

    @Test func aResetIsSurvived() async throws {
        let script = ScriptedServer.Script(received: { frame, peer in
            if peer.number == 1 { peer.reset() } else if frame.opcode == 2 { peer.text(results(0, 0.1, "a")) }
        })
        try await with(script) { listener in
            listener.feed(1, at: 0)
            #expect(try await listener.nextError() == .closed(host: "127.0.0.1", .dropped))
            let text = try await listener.events.next {
                if case .result(let result, _) = $0 { result.text } else { nil }
            }
            #expect(text == "a")
        }
    }

    @Test func whatEarlierRunsConfirmedIsNotSent() async throws {
        let bytes = Events<UInt8>()
        let script = ScriptedServer.Script(received: { frame, _ in
            if frame.opcode == 2 { bytes.continuation.yield(frame.payload[0]) }
        })
        try await with(script, confirmed: 150) { listener in
            for number in 0..<4 { listener.feed(UInt8(number), at: Int64(number) * 100) }
            var order: [UInt8] = []
            while order.count < 3 { order.append(try await bytes.next { $0 }) }
            #expect(order == [1, 2, 3])
        }
    }

    @Test func anEndInOrderWaitsForTheLastWords() async throws {
        let texts = Events<String>()
        let script = ScriptedServer.Script(received: { frame, peer in
            guard frame.opcode == 1 else { return }
            texts.continuation.yield(frame.text)
            if frame.text.contains("CloseStream") {
                peer.text(results(0, 0.1, "last words"))
                peer.text(#"{"type":"Metadata","duration":0.1,"channels":1}"#)
                peer.close(1000)
            }
        })
        try await with(script) { listener in
            listener.feed(1, at: 0)
            _ = try await listener.nextState { if case .open = $0 { true } else { false } }
            try await listener.finish()
            // On a machine that is slow there is a pause before the end, which is asked about, too.
            let asked = try await texts.next { $0.contains("KeepAlive") ? nil : $0 }
            #expect(asked == #"{"type":"Finalize"}"#)
            let ended = try await texts.next { $0.contains("KeepAlive") || $0 == asked ? nil : $0 }
            #expect(ended == #"{"type":"CloseStream"}"#)
            var told: [String] = []
            while told.last != "closed" {
                told.append(
                    try await listener.events.next { event in
                        switch event {
                        case .result(let result, _): result.text
                        case .summary(let metadata, let sent):
                            "summary \(metadata.duration ?? 0) \(sent.value)"
                        case .completed(let confirmed): "completed \(confirmed.frames)"
                        case .state(.closing): "closing"
                        case .state(.closed): "closed"
                        default: nil
                        }
                    })
            }
            #expect(told == ["closing", "last words", "summary 0.1 100", "completed 100", "closed"])
        }
    }

    @Test func anEndWithoutConnectionIsQuick() async throws {
        try await with(ScriptedServer.Script()) { listener in
            try await listener.finish()
            #expect(try await listener.withLink { $0.state } == .closed)
        }
    }

    @Test func silenceIsFilledWithWords() async throws {
        let texts = Events<Frame>()
        let script = ScriptedServer.Script(received: { frame, _ in texts.continuation.yield(frame) })
        try await with(script) { listener in
            listener.feed(1, at: 0)
            #expect(try await texts.next { $0 }.opcode == Frame.Opcode.binary)
            // First the last words are asked for.
            let first = try await texts.next { $0 }
            #expect(first.text == #"{"type":"Finalize"}"#)
            let second = try await texts.next { $0 }
            #expect(second.text == #"{"type":"KeepAlive"}"#)
        }
    }
}
