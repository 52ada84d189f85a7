import ControlProtocol
import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Control

@Suite("Control server", .timeLimit(.minutes(1)))
struct ControlServerTests {
    private let gap = Event.gap(GapEvent(session: "s", start: 1, end: 2, at: "t", cause: "xrun"))
    private let level = Event.level(LevelEvent(Level(peak: -3, rms: -20)))

    @Test("requests are answered in order, each with its id, several in one write")
    func answers() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        let client = try await Client(rig.control)
        try await client.send("{\"v\":1,\"id\":1,\"do\":\"mute\"}\n{\"v\":1,\"id\":2,\"do\":\"unmute\"}\n")
        #expect(try await client.response() == Response(id: 1, .done))
        #expect(try await client.response() == Response(id: 2, .done))
        try await rig.close()
        #expect(await client.line() == nil)
    }

    @Test("a text to be spoken is answered when it is accepted and when it was heard, then no more")
    func says() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        let client = try await Client(rig.control)
        try await client.send(Request(id: 3, .say(text: "hello", utterance: nil)))
        #expect(
            try await client.response() == Response(id: 3, .say(SayProgress(.accepted, utterance: "hello"))))
        try await client.send(Request(id: 4, .stop))
        #expect(try await client.response() == Response(id: 4, .done))
        try await rig.loop.submit {
            for reply in rig.spoken.value {
                reply(.say(SayProgress(.heard, utterance: "hello")))
                reply(.say(SayProgress(.heard, utterance: "hello")))
            }
        }.get()
        #expect(try await client.response() == Response(id: 3, .say(SayProgress(.heard, utterance: "hello"))))
        try await client.send(Request(id: 5, .stop))
        #expect(try await client.response() == Response(id: 5, .done))
        try await rig.close()
    }

    @Test("an answer for a client that left goes nowhere, and the server goes on")
    func leaves() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        let client = try await Client(rig.control)
        try await client.send(Request(id: 3, .say(text: "hello", utterance: nil)))
        _ = try await client.response()
        try await client.close()
        let next = try await Client(rig.control)
        try await next.send(Request(id: 1, .mute))
        #expect(try await next.response() == Response(id: 1, .done))
        try await rig.loop.submit {
            for reply in rig.spoken.value { reply(.say(SayProgress(.heard, utterance: "hello"))) }
        }.get()
        try await next.send(Request(id: 2, .mute))
        #expect(try await next.response() == Response(id: 2, .done))
        try await rig.close()
    }

    @Test("a bad line is answered and the connection stays")
    func badLines() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        let client = try await Client(rig.control)
        let long = String(repeating: "x", count: 200_000)
        try await client.send(
            "hello\n\(long)\n{\"v\":1,\"id\":9,\"do\":\"sing\"}\n{\"v\":1,\"id\":1,\"do\":\"mute\"}\n")
        var codes: [ControlError.Code?] = []
        for _ in 0..<3 {
            let response = try await client.response()
            if case .failed(let error)? = response?.body {
                codes.append(error.code)
            } else {
                codes.append(nil)
            }
        }
        #expect(codes == [.badJSON, .tooLong, .unknownVerb])
        #expect(try await client.response() == Response(id: 1, .done))
        try await rig.close()
    }

    @Test("a heap of the shortest lines is answered line by line")
    func shortLines() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        let client = try await Client(rig.control)
        let count = 8_000
        try await client.send(String(repeating: "x\n", count: count))
        var answers = 0
        while answers < count, await client.line() != nil { answers += 1 }
        #expect(answers == count)
        try await rig.close()
    }

    @Test("the observe socket reads and does not act")
    func readOnly() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        let client = try await Client(rig.observe)
        let acting: [Request.Verb] = [
            .mute, .unmute, .pause, .resume, .stop, .say(text: "x", utterance: nil),
        ]
        for (id, verb) in acting.enumerated() {
            try await client.send(Request(id: id, verb))
            #expect(try await client.response() == Response(id: id, .failed(.readOnly(verb))))
        }
        try await client.send(Request(id: 7, .config))
        let report = ConfigurationReport(file: "observe", entries: [])
        #expect(try await client.response() == Response(id: 7, .config(report)))
        #expect(try await rig.loop.submit { rig.spoken.value.isEmpty }.get())
        try await rig.close()
    }

    @Test("the sockets have their modes, and are gone after closing")
    func modes() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        func mode(_ path: String) -> UInt32? {
            var status = stat()
            return unsafe lstat(path, &status) == 0 ? status.st_mode & 0o777 : nil
        }
        #expect(mode(rig.control) == 0o660 && mode(rig.observe) == 0o666)
        #expect(mode(rig.control + SocketFile.newborn) == nil)
        try await rig.close()
        #expect(mode(rig.control) == nil && mode(rig.observe) == nil)
    }

    @Test("subscribers get what they asked for, and only that, until they ask otherwise")
    func subscribes() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        let (first, second) = (try await Client(rig.control), try await Client(rig.observe))
        try await first.send(Request(id: 1, .tail([.gap])))
        #expect(try await first.response() == Response(id: 1, .tail([.gap])))
        try await second.send(Request(id: 1, .tail([.level, .gap])))
        _ = try await second.response()
        #expect(try await rig.loop.submit { rig.server.value.isWanted(.level) }.get())
        #expect(try await !rig.loop.submit { rig.server.value.isWanted(.interim) }.get())
        try await rig.publish([level, gap])
        #expect(try await first.event() == gap)
        #expect(try await second.event() == level)
        #expect(try await second.event() == gap)
        try await first.send(Request(id: 2, .tail([])))
        #expect(try await first.response() == Response(id: 2, .tail([])))
        try await rig.publish([gap])
        try await first.send(Request(id: 3, .mute))
        #expect(try await first.response() == Response(id: 3, .done))
        try await rig.close()
    }

    @Test("a subscriber that does not read loses events, learns how many, and costs bounded memory")
    func slowSubscriber() async throws {
        var limits = ServerLimits()
        limits.unreadBytes = 10_000
        let rig = try await Rig.make(limits: limits)
        try await rig.open()
        let client = try await Client(rig.control, reads: false)
        try await client.send(Request(id: 1, .tail([.gap])))
        while try await !rig.loop.submit({ rig.server.value.isWanted(.gap) }).get() { await Task.yield() }
        // Far more than the kernel's buffers and ours hold: 20 000 × 80 bytes.
        let count = 20_000
        for _ in 0..<20 { try await rig.publish(Array(repeating: gap, count: count / 20)) }
        try await client.startReading()
        _ = try await client.response()
        var received = 0
        var lost = 0
        while received + lost < count {
            switch try await client.event() {
            case .gap: received += 1
            case .lost(let number): lost += number
            default: Issue.record("neither event nor loss")
            }
        }
        #expect(received + lost == count)
        #expect(lost > count / 2)
        try await rig.publish([gap])
        #expect(try await client.event() == gap)
        try await rig.close()
    }

    @Test("a client that does not read its answers is not listened to, and misses none later")
    func slowAsker() async throws {
        var limits = ServerLimits()
        limits.unreadBytes = 10_000
        let rig = try await Rig.make(limits: limits)
        try await rig.open()
        let client = try await Client(rig.control, reads: false)
        let count = 12_000
        let text = (0..<count).map { "{\"v\":1,\"id\":\($0),\"do\":\"mute\"}\n" }.joined()
        let written = client.channel.eventLoop.makePromise(of: Void.self)
        client.channel.writeAndFlush(ByteBuffer(string: text), promise: written)
        // Another client is served meanwhile.
        let other = try await Client(rig.control)
        try await other.send(Request(id: 1, .mute))
        #expect(try await other.response() == Response(id: 1, .done))
        #expect(try await rig.loop.submit { rig.handled.value }.get() < count)
        try await client.startReading()
        for id in 0..<count {
            guard try await client.response() == Response(id: id, .done) else {
                Issue.record("answer \(id) is missing")
                break
            }
        }
        try await written.futureResult.get()
        try await rig.close()
    }

    @Test("a client may end its sending half: it is answered, also without a last newline, then let go")
    func halfClose() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        let client = try await Client(rig.control)
        try await client.send(
            "{\"v\":1,\"id\":1,\"do\":\"say\",\"text\":\"hi\"}\n{\"v\":1,\"id\":2,\"do\":\"mute\"}")
        try await client.channel.close(mode: .output)
        #expect(try await client.response() == Response(id: 1, .say(SayProgress(.accepted, utterance: "hi"))))
        #expect(try await client.response() == Response(id: 2, .done))
        try await rig.loop.submit {
            for reply in rig.spoken.value { reply(.say(SayProgress(.heard, utterance: "hi"))) }
        }.get()
        #expect(try await client.response() == Response(id: 1, .say(SayProgress(.heard, utterance: "hi"))))
        #expect(await client.line() == nil)
        try await rig.close()
    }

    @Test("a subscriber that left is forgotten, even with nothing to tell it")
    func forgetsSubscriber() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        let client = try await Client(rig.control)
        try await client.send(Request(id: 1, .tail([.gap])))
        _ = try await client.response()
        #expect(try await rig.loop.submit { rig.server.value.isWanted(.gap) }.get())
        try await client.close()
        while try await rig.loop.submit({ rig.server.value.isWanted(.gap) }).get() { await Task.yield() }
        try await rig.close()
    }

    @Test("a socket that listens already is served, and its file is left alone")
    func passedDescriptor() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        let path = rig.directory + "/passed.sock"
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0 && listen(descriptor, 4) == 0)
        try await rig.loop.flatSubmit { rig.server.value.open(listening: descriptor, access: .observe) }.get()
        let client = try await Client(path)
        try await client.send(Request(id: 1, .mute))
        #expect(try await client.response() == Response(id: 1, .failed(.readOnly(.mute))))
        try await rig.close()
        #expect(SocketFile.isSocket(path))
        SocketFile.remove(path)
        _ = unsafe rmdir(rig.directory)
    }

    @Test("one client too many is told so and let go; when one leaves there is room")
    func tooMany() async throws {
        var limits = ServerLimits()
        limits.clients = 1
        let rig = try await Rig.make(limits: limits)
        try await rig.open()
        let first = try await Client(rig.control)
        try await first.send(Request(id: 1, .mute))
        _ = try await first.response()
        let second = try await Client(rig.control)
        let refusal = try await second.response()
        guard case .failed(let error)? = refusal?.body else {
            Issue.record("the second client was not refused")
            return
        }
        #expect(error.code == .busy)
        #expect(await second.line() == nil)
        let observer = try await Client(rig.observe)
        try await observer.send(Request(id: 1, .config))
        #expect(try await observer.response()?.id == 1)
        try await rig.close()
    }

    @Test("a socket somebody serves is not taken away; a dead one is replaced")
    func occupied() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        let rival = try await Rig.make()
        await #expect(throws: ControlServerError.alreadyServed(path: rig.control)) {
            try await rival.loop.flatSubmit { rival.server.value.open(path: rig.control, access: .control) }
                .get()
        }
        let client = try await Client(rig.control)
        try await client.send(Request(id: 1, .mute))
        #expect(try await client.response() == Response(id: 1, .done))

        // A socket whose process is gone: bound, closed, left behind.
        let dead = rig.directory + "/dead.sock"
        let channel = try await ServerBootstrap(group: rig.loop).bind(unixDomainSocketPath: dead).get()
        try await channel.close()
        try await rig.loop.flatSubmit { rig.server.value.open(path: dead, access: .control) }.get()
        let successor = try await Client(dead)
        try await successor.send(Request(id: 2, .mute))
        #expect(try await successor.response() == Response(id: 2, .done))
        try await rig.close()
    }

    @Test("what is no socket is left alone, and a path that is too long is refused")
    func unusable() async throws {
        let rig = try await Rig.make()
        try await rig.open()
        await #expect(throws: ControlServerError.notASocket(path: rig.directory)) {
            try await rig.loop.flatSubmit { rig.server.value.open(path: rig.directory, access: .control) }
                .get()
        }
        let long = rig.directory + "/" + String(repeating: "x", count: 100)
        await #expect(throws: ControlServerError.pathTooLong(path: long, max: SocketFile.pathBytesMax)) {
            try await rig.loop.flatSubmit { rig.server.value.open(path: long, access: .control) }.get()
        }
        let nowhere = rig.directory + "/no/such/control.sock"
        let refused = ControlServerError.refused(
            operation: "mkdir", path: rig.directory + "/no/such", code: ENOENT)
        await #expect(throws: refused) {
            try await rig.loop.flatSubmit { rig.server.value.open(path: nowhere, access: .control) }.get()
        }
        try await rig.close()
    }
}
