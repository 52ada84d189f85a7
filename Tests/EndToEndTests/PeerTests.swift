import ControlProtocol
import System
import TestDevice
import Testing

extension EndToEnd {
    /// Programs by other hands on the other side. `EARPOST_PYTHON` names a Python that has their libraries
    /// (Tests/Peers/requirements.txt).
    @Suite struct Peers {
        private struct Summary: Decodable {
            let packets: Int
            let frames: Int
            let keepAlives: Int

            private enum CodingKeys: String, CodingKey {
                case packets, frames
                case keepAlives = "keep_alives"
            }
        }

        @Test(
            .enabled(if: Programs.hasWebSockets, "this Python cannot import websockets"),
            arguments: ["opus", "linear16"])
        func aStrictServiceFindsNothingToObjectTo(encoding: String) throws {
            let station = try Station()
            let microphone = try station.addMicrophone(.ramp)
            let portFile = station.path("peer.port")
            let python = try #require(Programs.python(with: "websockets.server"))
            let peer = try station.start(
                python, [Programs.peer("listen_server.py"), portFile, Station.key, encoding])
            let port = try waitFor("the peer's port") {
                (try? Files.read(portFile)).flatMap { readNumber($0) }
            }
            let daemon = try station.startDaemon([
                "listen.url": "\"ws://127.0.0.1:\(port)/v1/listen\"", "listen.encoding": "\"\(encoding)\"",
            ])
            let client = try station.connect(to: daemon)
            try client.status("three seconds confirmed") { $0.ledger.confirmed >= 48_000 }
            // Long enough for the link to have to say that it is still there.
            #expect(try station.tool("mute").wait() == 0)
            let muted = try client.status()
            try client.status("six seconds of quiet") {
                $0.uplink.positionSeconds >= muted.uplink.positionSeconds + 6
            }
            #expect(try station.tool("unmute").wait() == 0)
            try client.status("sound again") { $0.ledger.confirmed >= muted.ledger.captured + 16_000 }
            let transcript = try station.stop(daemon)
            #expect(try peer.wait() == 0, "\(peer.errors)")
            let ledger = try transcript.check()
            let summary = try JSONLine.decode(Summary.self, from: peer.output.utf8.prefix { $0 != 10 })
            #expect(summary.keepAlives >= 1)
            #expect(ledger.pending == 0 && ledger.dropped.isEmpty && ledger.confirmed == ledger.captured)
            #expect(transcript.gaps.map(\.cause) == ["muted"])
            if encoding == "opus" {
                #expect(summary.frames == summary.packets * 320)
                // Both stretches of sound end in a packet of which silence is a part.
                #expect((0..<1_280).contains(summary.frames - ledger.captured))
            } else {
                #expect(summary.frames == ledger.captured)
            }
            #expect(microphone.counters(.capture).xruns == 0)
            // A pause may cut a word in two, which both bear the number of their second.
            let spoken = transcript.words
            #expect(spoken.first?.word == "s0")
            #expect(zip(spoken, spoken.dropFirst()).allSatisfy { $0.end <= $1.start })
        }

        @Test(
            .enabled(if: Programs.hasWebSockets, "this Python cannot import websockets"),
            arguments: ["websockets_peer.py", "faults_peer.py"])
        func theLocalServiceIsWhatAWebSocketsClientExpects(script: String) throws {
            try runClient(script, python: #require(Programs.python(with: "websockets.server")))
        }

        @Test(.enabled(if: Programs.hasDeepgramSDK, "this Python cannot import deepgram"))
        func theLocalServiceIsWhatTheOfficialSDKExpects() throws {
            try runClient("deepgram_sdk_peer.py", python: #require(Programs.python(with: "deepgram")))
        }

        private func runClient(_ script: String, python: String) throws {
            let station = try Station()
            let speech = station.path("speech.wav")
            let flite = try station.run(
                Programs.installed("flite", package: "flite"),
                ["-voice", "slt", "-t", "The quick brown fox jumps over the lazy dog.", "-o", speech])
            #expect(try flite.wait() == 0, "\(flite.errors)")
            let service = try SpeechService(
                station, ["--listen-engine", "pocketsphinx", "--speak-engine", "flite"])
            let url = "ws://127.0.0.1:\(service.port)"
            let peer = try station.run(
                python, [Programs.peer(script), url, Station.key, speech, "--words", "quick,brown,fox,dog"],
                seconds: 120)
            #expect(try peer.wait() == 0, "\(peer.errors)\(peer.output)")
            try service.stop()
        }
    }
}
