import Audio
import NIOCore
import NIOPosix
import SpeechLink
import SpeechProtocol
import Testing
import Timeline

/// A speak link on its loop, and what it told.
private final class Speaker: Sendable {
    let events = Events<SpeakEvent>()
    let loop: any EventLoop
    private let link: NIOLoopBound<SpeakLink>

    init(port: Int, keepWarm: Bool) async throws {
        let loop = group.next()
        let events = events
        self.loop = loop
        link = try await loop.submit {
            let request = try SpeakRequest(
                url: try ServiceURL(parsing: "ws://127.0.0.1:\(port)", defaultPath: SpeakRequest.defaultPath),
                model: "aura-2-thalia-en", rate: SampleRate(hertz: 24_000))
            let link = SpeakLink(request: request, settings: try settings(loop), keepWarm: keepWarm) {
                events.continuation.yield($0)
            }
            link.start()
            return NIOLoopBound(link, eventLoop: loop)
        }.get()
    }

    func withLink<Result: Sendable>(_ body: @escaping @Sendable (SpeakLink) -> Result) async throws -> Result
    {
        try await loop.submit { [link] in body(link.value) }.get()
    }

    func finish() async throws { try await loop.flatSubmit { [link] in link.value.finishAndClose() }.get() }

    func nextEnd() async throws -> UtteranceEnd {
        try await events.next { if case .ended(_, let end) = $0 { end } else { nil } }
    }
}

@Suite(.timeLimit(.minutes(1))) struct SpeakLinkTests {
    private let id = UtteranceID(1)

    @Test func aTextComesBackAsWholeSamples() async throws {
        let texts = Events<String>()
        let script = ScriptedServer.Script(received: { received, peer in
            texts.continuation.yield(received.text)
            guard received.text.contains("Flush") else { return }
            peer.raw(frame(2, [0x01]))
            peer.raw(frame(2, [0x00, 0x02, 0x00, 0xFF]))
            peer.raw(frame(2, [0x7F]))
            peer.text(#"{"type":"Flushed","sequence_id":0}"#)
        })
        let server = try await ScriptedServer(on: group, script: script)
        let speaker = try await Speaker(port: server.port, keepWarm: false)
        #expect(try await speaker.withLink { $0.say(UtteranceID(1), "Hello \"you\".") } == .accepted)
        var samples: [Int16] = []
        while true {
            let event: SpeakEvent = try await speaker.events.next { $0 }
            if case .audio(let id, let more) = event {
                #expect(id == self.id)
                samples += more
            }
            if case .ended(let id, let end) = event {
                #expect(id == self.id && end == .spoken)
                break
            }
        }
        #expect(samples == [1, 2, 32_767])
        #expect(try await texts.next { $0 } == #"{"type":"Speak","text":"Hello \"you\"."}"#)
        #expect(try await texts.next { $0 } == #"{"type":"Flush"}"#)
        try await server.stop()
    }

    @Test func whatWasTakenBackIsNotHeard() async throws {
        let texts = Events<String>()
        let script = ScriptedServer.Script(received: { received, peer in
            texts.continuation.yield(received.text)
            if received.text.contains("old") { peer.raw(frame(2, [1, 0])) }
            if received.text.contains("Clear") {
                peer.raw(frame(2, [2, 0]))
                peer.text(#"{"type":"Cleared","sequence_id":0}"#)
            }
            if received.text.contains("new") {
                peer.raw(frame(2, [3, 0]))
                peer.text(#"{"type":"Flushed","sequence_id":1}"#)
            }
        })
        let server = try await ScriptedServer(on: group, script: script)
        let speaker = try await Speaker(port: server.port, keepWarm: true)
        _ = try await speaker.withLink { $0.say(UtteranceID(1), "The old text.") }
        let first = try await speaker.events.next {
            if case .audio(_, let samples) = $0 { samples } else { nil }
        }
        #expect(first == [1])
        try await speaker.withLink { link in
            link.cancel()
            _ = link.say(UtteranceID(2), "The new text.")
        }
        #expect(try await speaker.nextEnd() == .cancelled)
        let second = try await speaker.events.next {
            if case .audio(_, let samples) = $0 { samples } else { nil }
        }
        #expect(second == [3])
        #expect(try await speaker.nextEnd() == .spoken)
        var order: [String] = []
        while order.count < 4 { order.append(try await texts.next { $0 }) }
        #expect(order[2] == #"{"type":"Clear"}"#)
        try await server.stop()
    }

    @Test func muchQueuedAudioHoldsTextBack() async throws {
        let texts = Events<String>()
        let script = ScriptedServer.Script(received: { received, peer in
            texts.continuation.yield(received.text)
            guard received.text.contains("Flush") else { return }
            peer.raw(frame(2, [1, 0]))
            peer.text(#"{"type":"Flushed","sequence_id":0}"#)
        })
        let server = try await ScriptedServer(on: group, script: script)
        let speaker = try await Speaker(port: server.port, keepWarm: true)
        try await speaker.withLink { link in
            link.queuedAudioChanged(.seconds(11))
            _ = link.say(UtteranceID(1), "Later.")
        }
        _ = try await speaker.events.next { if case .state(.open) = $0 { true } else { nil } }
        texts.continuation.yield("nothing until here")
        try await speaker.withLink { $0.queuedAudioChanged(.seconds(1)) }
        #expect(try await texts.next { $0 } == "nothing until here")
        #expect(try await texts.next { $0 }.contains("Later."))
        #expect(try await speaker.nextEnd() == .spoken)
        try await server.stop()
    }

    @Test func aWarmLinkEndsWithClose() async throws {
        let texts = Events<String>()
        let script = ScriptedServer.Script(received: { received, peer in
            texts.continuation.yield(received.text)
            if received.text.contains("Close") { peer.close(1000) }
        })
        let server = try await ScriptedServer(on: group, script: script)
        let speaker = try await Speaker(port: server.port, keepWarm: true)
        _ = try await speaker.events.next { if case .state(.open) = $0 { true } else { nil } }
        try await speaker.finish()
        #expect(try await texts.next { $0 } == #"{"type":"Close"}"#)
        #expect(try await speaker.withLink { $0.state } == .closed)
        try await server.stop()
    }

    @Test func aRefusalEndsWhatWaits() async throws {
        let script = ScriptedServer.Script(requested: { _, peer in peer.refuse("401 Unauthorized") })
        let server = try await ScriptedServer(on: group, script: script)
        let speaker = try await Speaker(port: server.port, keepWarm: false)
        _ = try await speaker.withLink { $0.say(UtteranceID(1), "Hello.") }
        guard case .refused(let sentence) = try await speaker.nextEnd() else {
            Issue.record("not refused")
            return
        }
        #expect(sentence.contains("401") && !sentence.contains(key))
        try await server.stop()
    }

    @Test func aBreakBeforeAnySoundIsMended() async throws {
        let script = ScriptedServer.Script(received: { received, peer in
            guard received.text.contains("Flush") else { return }
            if peer.number == 1 { return peer.reset() }
            peer.raw(frame(2, [1, 0]))
            peer.text(#"{"type":"Flushed","sequence_id":0}"#)
        })
        let server = try await ScriptedServer(on: group, script: script)
        let speaker = try await Speaker(port: server.port, keepWarm: false)
        _ = try await speaker.withLink { $0.say(UtteranceID(1), "Hello.") }
        #expect(try await speaker.nextEnd() == .spoken)
        try await server.stop()
    }
}
