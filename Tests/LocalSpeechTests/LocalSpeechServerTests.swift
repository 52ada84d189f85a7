import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1
import NIOWebSocket
import Testing

@testable import LocalSpeech

/// Real servers on loopback, asked by NIO's client.
@Suite struct LocalSpeechServerTests {
    private let closeStream = #"{"type":"CloseStream"}"#

    private func withServer(
        _ change: (inout ServiceOptions) -> Void = { _ in }, _ body: (LocalSpeechServer) async throws -> Void
    ) async throws {
        var options = ServiceOptions()
        options.hearing = .positions
        options.speaking = .ramp
        change(&options)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = try await LocalSpeechServer.start(options, logger: logger)
        do {
            try await body(server)
        } catch {
            try await server.stop()
            throw error
        }
        try await server.stop()
    }

    /// The words of all finals, in order, if the finals partition the timeline.
    private func finalWords(_ events: [TestClient.Event]) throws -> [String] {
        struct Results: Decodable {
            struct Channel: Decodable { var alternatives: [Alternative] }
            struct Alternative: Decodable { var words: [Word] }
            struct Word: Decodable { var word: String }
            var type: String
            var start: Double?
            var duration: Double?
            var is_final: Bool?
            var channel: Channel?
        }
        var words: [String] = []
        var at = 0.0
        for case .text(let text) in events {
            let results = try JSONDecoder().decode(Results.self, from: Data(text.utf8))
            guard results.type == "Results", results.is_final == true else { continue }
            #expect(results.start == at)
            at = (results.start ?? 0) + (results.duration ?? 0)
            words += results.channel?.alternatives[0].words.map(\.word) ?? []
        }
        return words
    }

    @Test func everyFrameSentIsHeardOnceAndInOrder() async throws {
        try await withServer { server in
            let (headers, events) = try await TestClient.converse(port: server.port) { socket in
                for chunk in 0..<25 {
                    let samples = TestSignals.ramp(chunk * 1600..<(chunk + 1) * 1600)
                    try await socket.send(binary: PCM.bytes(littleEndian: samples))
                }
                try await socket.send(text: closeStream)
            }
            #expect(headers["Sec-WebSocket-Protocol"] == ["token"])
            #expect(headers["dg-request-id"].count == 1)
            #expect(headers["Sec-WebSocket-Extensions"].isEmpty)
            let expected = stride(from: 0, to: 40_000, by: 3200).map { "r\($0)" }
            #expect(try finalWords(events) == expected)
            #expect(events.last == .close(code: 1000, reason: ""))
        }
    }

    @Test func bearerIsEchoedAndAuthorizationEchoesNothing() async throws {
        try await withServer { server in
            let bearer = try await TestClient.converse(
                port: server.port, headers: ["Sec-WebSocket-Protocol": "bearer,eyJh.b.c"]
            ) { try await $0.send(text: closeStream) }
            #expect(bearer.headers["Sec-WebSocket-Protocol"] == ["bearer"])
            let header = try await TestClient.converse(
                port: server.port, headers: ["Authorization": "Token \(TestClient.key)"]
            ) { try await $0.send(text: closeStream) }
            #expect(header.headers["Sec-WebSocket-Protocol"].isEmpty)
        }
    }

    @Test func refusalsHaveThreeFieldsAndTheirHeaders() async throws {
        try await withServer({ $0.credentials = Credentials(file: TestClient.key) }) { server in
            let cases: [(Int, String, String, HTTPHeaders)] = [
                (401, "INVALID_AUTH", TestClient.listenTarget, ["Sec-WebSocket-Protocol": "token, wrong"]),
                (401, "INVALID_AUTH", TestClient.listenTarget + "&token=\(TestClient.key)", [:]),
                (
                    400, "INVALID_QUERY_PARAMETER", "/v1/listen?encoding=linear16",
                    ["Sec-WebSocket-Protocol": "token, \(TestClient.key)"]
                ),
                (404, "NOT_FOUND", "/v3/listen", ["Sec-WebSocket-Protocol": "token, \(TestClient.key)"]),
            ]
            for (status, code, target, headers) in cases {
                let refusal = try await TestClient.refusal(
                    port: server.port, target: target, headers: headers)
                #expect(refusal.status == status)
                let body = try JSONDecoder().decode([String: String].self, from: Data(refusal.body.utf8))
                #expect(body["err_code"] == code)
                #expect(body["request_id"] == refusal.headers.first(name: "dg-request-id"))
                #expect(body["err_msg"] == refusal.headers.first(name: "dg-error"))
            }
        }
    }

    @Test func connectionsBeyondTheLimitAre429() async throws {
        try await withServer({ $0.connectionLimit = 0 }) { server in
            let refusal = try await TestClient.refusal(port: server.port)
            #expect(refusal.status == 429)
        }
    }

    @Test func statusFaultHitsTheNextConnectionsOnly() async throws {
        try await withServer { server in
            let answer = try await TestClient.control(
                port: server.port, .POST,
                body: #"{"next":"429","count":2,"retry_after":7,"service":"listen"}"#)
            #expect(answer.status == 200)
            #expect(answer.body.contains(#""pending":2"#))
            for _ in 0..<2 {
                let refusal = try await TestClient.refusal(port: server.port)
                #expect(refusal.status == 429)
                #expect(refusal.headers["Retry-After"] == ["7"])
            }
            let (_, events) = try await TestClient.converse(port: server.port) {
                try await $0.send(text: closeStream)
            }
            #expect(events.last == .close(code: 1000, reason: ""))
        }
    }

    @Test func refusedAndResetConnectionsFail() async throws {
        try await withServer { server in
            try await server.control(FaultCommand(.next(.refuse, FaultSchedule(), count: 1)))
            await #expect(throws: (any Error).self) { try await TestClient.handshake(port: server.port) }
            let schedule = FaultSchedule(afterAudioSeconds: 0.1)
            try await server.control(FaultCommand(.next(.reset, schedule, count: 1)))
            // The reset is an error, or merely the end, depending on what the client does when it comes.
            let heard = try? await TestClient.converse(port: server.port) { socket in
                try await socket.send(binary: [UInt8](repeating: 1, count: 3200))
            }
            #expect(heard?.events.isEmpty ?? true)
        }
    }

    @Test func strangeSubprotocolsAreSentOnRequest() async throws {
        try await withServer { server in
            for (fault, echo) in [(Fault.subprotocol("chat"), ["chat"]), (.subprotocol(nil), [])] {
                try await server.control(FaultCommand(.next(fault, FaultSchedule(), count: 1)))
                let (headers, _) = try await TestClient.converse(port: server.port) {
                    try await $0.send(text: closeStream)
                }
                #expect(headers["Sec-WebSocket-Protocol"] == echo)
            }
        }
    }

    @Test func closeFaultSendsItsCodeAndReason() async throws {
        try await withServer { server in
            let closure = StreamClosure.clientSilent
            let schedule = FaultSchedule(afterAudioSeconds: 0.1)
            try await server.control(FaultCommand(.next(.close(closure), schedule, count: 1)))
            let (_, events) = try await TestClient.converse(port: server.port) { socket in
                // The close may come before the client knows that all was sent.
                try? await socket.send(binary: [UInt8](repeating: 1, count: 3200))
            }
            #expect(events == [.close(code: 1011, reason: closure.reason)])
        }
    }

    @Test func frozenConnectionAnswersEverythingOnceThawed() async throws {
        try await withServer { server in
            let schedule = FaultSchedule(lastingSeconds: 0.3)
            try await server.control(FaultCommand(.next(.freeze, schedule, count: 1)))
            let (_, events) = try await TestClient.converse(port: server.port) { socket in
                try await socket.send(binary: PCM.bytes(littleEndian: TestSignals.ramp(0..<3200)))
                try await socket.send(text: closeStream)
            }
            #expect(try finalWords(events) == ["r0"])
            #expect(events.last == .close(code: 1000, reason: ""))
        }
    }

    @Test func garbageArrivesAsItWasOrdered() async throws {
        try await withServer { server in
            try await server.control(FaultCommand(.next(.garbage(.ping), FaultSchedule(), count: 1)))
            let ping = try await TestClient.converse(port: server.port) {
                try await $0.send(text: closeStream)
            }
            #expect(ping.events.first == .ping)
            try await server.control(FaultCommand(.next(.garbage(.text), FaultSchedule(), count: 1)))
            let text = try await TestClient.converse(port: server.port) {
                try await $0.send(text: closeStream)
            }
            #expect(text.events.first == .text("not JSON"))
        }
    }

    @Test func idleConnectionIsClosedWithTheRealSentence() async throws {
        try await withServer({ $0.idleLimit = .milliseconds(300) }) { server in
            let (_, events) = try await TestClient.converse(port: server.port) { _ in }
            #expect(events.last == .close(code: 1011, reason: StreamClosure.clientSilent.reason))
            #expect(StreamClosure.clientSilent.reason.utf8.count <= 123)
        }
    }

    @Test func unmaskedFramesAreAProtocolError() async throws {
        try await withServer { server in
            let (_, events) = try await TestClient.converse(port: server.port) { socket in
                try await socket.write(.init(fin: true, opcode: .text, data: .init(string: "{}")))
            }
            #expect(events.last == .close(code: 1002, reason: "Unmasked frame or reserved bit"))
        }
    }

    @Test func speechArrivesWholeInOddPiecesBeforeFlushed() async throws {
        try await withServer({ $0.speakLimits.oddChunks = true }) { server in
            let target = "/v1/speak?encoding=linear16&sample_rate=16000"
            let (_, events) = try await TestClient.converse(port: server.port, target: target) { socket in
                try await socket.send(text: #"{"type":"Speak","text":"twenty characters ok"}"#)
                try await socket.send(text: #"{"type":"Flush"}"#)
                try await socket.send(text: #"{"type":"Close"}"#)
            }
            let audio = events.flatMap { event -> [UInt8] in
                guard case .binary(let bytes) = event else { return [] }
                return bytes
            }
            #expect(PCM.samples(littleEndian: audio) == TestSignals.ramp(0..<16_000))
            #expect(events.dropLast().last == .text(#"{"sequence_id":0,"type":"Flushed"}"#))
            #expect(events.last == .close(code: 1000, reason: ""))
        }
    }

    @Test func recordingHoldsWhatArrivedWithoutTheKey() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "records-\(UUID().uuidString)")
            .path()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let samples = TestSignals.ramp(0..<5000)
        try await withServer({ $0.recordDirectory = directory }) { server in
            try await TestClient.converse(port: server.port) { socket in
                try await socket.send(binary: PCM.bytes(littleEndian: samples))
                try await socket.send(text: #"{"type":"KeepAlive"}"#)
                try await socket.send(text: closeStream)
            }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        #expect(names.count == 2)
        #expect(names.allSatisfy { $0.hasPrefix("0001-listen-") })
        let log = try String(contentsOfFile: "\(directory)/\(names[0])", encoding: .utf8)
        #expect(!log.contains(TestClient.key))
        #expect(log.contains(#"["Sec-WebSocket-Protocol","token, ‹16 characters›"]"#))
        #expect(log.contains(#""size":10000"#))
        #expect(log.contains("KeepAlive"))
        let bytes = try Data(contentsOf: URL(filePath: "\(directory)/\(names[1])"))
        #expect(WAVFile(bytes: Array(bytes)) == WAVFile(samples: samples, sampleRate: 16_000, channels: 1))
    }

    @Test func remoteAddressNeedsPermission() async throws {
        var options = ServiceOptions()
        options.host = "0.0.0.0"
        await #expect(throws: ServiceOptions.Failure.remoteHost("0.0.0.0")) {
            _ = try await LocalSpeechServer.start(options, logger: Logger(label: "test"))
        }
    }

    @Test func takenPortIsAnErrorAndTakenDownPortComesBack() async throws {
        try await withServer { server in
            var options = ServiceOptions()
            options.port = server.port
            await #expect(throws: (any Error).self) {
                _ = try await LocalSpeechServer.start(options, logger: Logger(label: "test"))
            }
            try await server.control(FaultCommand(.down(seconds: 3600)))
            await #expect(throws: (any Error).self) { try await TestClient.handshake(port: server.port) }
            try await server.control(FaultCommand(.clear))
            let (_, events) = try await TestClient.converse(port: server.port) {
                try await $0.send(text: closeStream)
            }
            #expect(events.last == .close(code: 1000, reason: ""))
        }
    }

    @Test func stoppingSaysGoodbye() async throws {
        var options = ServiceOptions()
        options.hearing = .positions
        let server = try await LocalSpeechServer.start(
            options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        guard case .open(let frames, _) = try await TestClient.handshake(port: server.port) else {
            Issue.record("not opened")
            return
        }
        let events = try await frames.executeThenClose { inbound, _ in
            async let stopped: Void = server.stop()
            var events: [TestClient.Event] = []
            for try await frame in inbound { if let event = TestClient.Event(frame) { events.append(event) } }
            try await stopped
            return events
        }
        #expect(events == [.close(code: 1001, reason: "The service is stopping")])
    }
}
