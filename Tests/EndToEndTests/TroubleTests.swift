import ControlProtocol
import Glibc
import System
import TestDevice
import Testing

extension EndToEnd {
    /// What can go wrong does, and the daemon says so, stays, and loses nothing.
    @Suite struct Trouble {
        private static let linear16 = ["listen.encoding": "\"linear16\""]

        @Test func aWrongKeyIsToldWithItsRemedyAndNeverShown() throws {
            let station = try Station()
            _ = try station.addMicrophone(.ramp)
            let keys = station.path("keys")
            try write("another-key\n", to: keys)
            let service = try SpeechService(station, ["--listen-engine", "none", "--key-file", keys])
            let daemon = try station.startDaemon(service.settings.merging(["log.level": "\"trace\""]) { $1 })
            let client = try station.connect(to: daemon)
            let status = try client.status("the refusal") { $0.link.state == "refused" }
            let trouble = try #require(status.link.lastError)
            #expect(trouble.message.contains("401"))
            let remedy = try #require(trouble.remedy)
            #expect(remedy.contains("auth.key_file") && !trouble.message.contains(remedy))
            let tool = try station.tool("status")
            #expect(
                try tool.wait() == 0 && tool.output.contains("refused")
                    && tool.output.contains(remedy))
            _ = try station.tool("status", "--json")
            _ = try station.run(
                Programs.built("earpost"), ["config", "show", "--socket", station.controlPath])
            #expect(daemon.isRunning)
            try station.stop(daemon).check()
            try service.stop()
            expectNoKey(in: station)
        }

        @Test func aServiceNobodyVouchesForIsNotSpokenTo() throws {
            let station = try Station()
            _ = try station.addMicrophone(.ramp)
            let service = try SpeechService(
                station, ["--listen-engine", "none"] + Certificates(station).options)
            var settings = service.settings
            settings["listen.url"] = "\"wss://localhost:\(service.port)/v1/listen\""
            let daemon = try station.startDaemon(settings)
            let client = try station.connect(to: daemon)
            let status = try client.status("the refusal") { $0.link.lastError != nil }
            #expect(status.link.state == "waiting")
            #expect(status.link.lastError?.message.contains("localhost") == true)
            #expect(status.link.lastError?.remedy?.contains("ca_file") == true)
            let ledger = try station.stop(daemon).check()
            #expect(ledger.sent == 0 && ledger.pending == ledger.captured)
            try service.stop()
            expectNoKey(in: station)
        }

        @Test func whatIsSaidWhileTheServiceIsDownIsTranscribedLater() throws {
            let station = try Station()
            _ = try station.addMicrophone(.ramp)
            // A port that was free a moment ago.
            let first = try SpeechService(station, ["--listen-engine", "none"], name: "scout")
            try first.stop()
            let settings = first.settings.merging(Self.linear16) { $1 }
            let daemon = try station.startDaemon(settings)
            let client = try station.connect(to: daemon)
            let status = try client.status("two seconds that wait") {
                $0.link.state == "waiting" && $0.ledger.captured >= 32_000
            }
            #expect(status.link.lastError != nil)
            #expect(status.ledger.sent == 0)
            let service = try SpeechService(station, ["--listen-engine", "positions"], port: first.port)
            try client.status("the link to be open", seconds: 60) {
                $0.link.state == "open" && $0.ledger.confirmed >= 32_000
            }
            let transcript = try station.stop(daemon)
            try service.stop()
            let ledger = try transcript.check()
            #expect(ledger.pending == 0 && ledger.dropped.isEmpty)
            let received = try service.recordings("listen").flatMap(\.self)
            expectRamp(received, from: 0)
            #expect(received.count == ledger.captured)
            expectPositions(transcript.words, to: ledger.captured)
        }

        @Test(arguments: ["reset", "drop", "close", "half-close", "freeze"])
        func aBrokenConnectionNeitherLosesNorRepeatsASample(fault: String) throws {
            let station = try Station()
            _ = try station.addMicrophone(.ramp)
            let service = try SpeechService(station, ["--listen-engine", "positions"])
            try service.control(
                #"{"next": "\#(fault)", "service": "listen", "after_audio": 2.5, "count": 1}"#)
            let daemon = try station.startDaemon(service.settings.merging(Self.linear16) { $1 })
            let client = try station.connect(to: daemon)
            let status = try client.status("six seconds confirmed", seconds: 60) {
                $0.ledger.confirmed >= 96_000 && $0.link.reconnects >= 1
            }
            #expect(status.link.lastError != nil)
            let transcript = try station.stop(daemon)
            try service.stop()
            let ledger = try transcript.check()
            #expect(ledger.pending == 0 && ledger.dropped.isEmpty && ledger.absent.isEmpty)
            expectPositions(transcript.words, to: ledger.captured)
            #expect(try service.recordings("listen").count == 2)
        }

        /// Each 200 ms of the sound have their tone: words tell their place through a lossy codec too.
        @Test func aBrokenConnectionLeavesNoMarkInOpus() throws {
            let station = try Station()
            let tones = station.path("tones.wav")
            try writeTones(to: tones)
            _ = try station.addMicrophone(.file(tones, repeats: true))
            let service = try SpeechService(station, ["--listen-engine", "positions"])
            try service.control(#"{"next": "reset", "service": "listen", "after_audio": 2.5, "count": 1}"#)
            let daemon = try station.startDaemon(service.settings)
            let client = try station.connect(to: daemon)
            try client.status("six seconds confirmed", seconds: 60) {
                $0.ledger.confirmed >= 96_000 && $0.link.reconnects >= 1
            }
            let transcript = try station.stop(daemon)
            try service.stop()
            let ledger = try transcript.check()
            #expect(ledger.pending == 0 && ledger.dropped.isEmpty && ledger.absent.isEmpty)
            let words = transcript.words.dropLast()
            #expect(words.count >= 29)
            var slots: [Int] = []
            for word in words {
                let middle = Int((word.start + word.end) / 2 * 16_000)
                slots.append(middle / Tones.slot)
                #expect(word.word == "t" + String(middle / Tones.slot % 16, radix: 16), "\(word)")
            }
            #expect(slots == Array(0..<slots.count), "slots are missing, or there twice")
        }

        @Test func anUnpluggedMicrophoneLeavesAGapWithItsCause() throws {
            let station = try Station()
            let microphone = try station.addMicrophone(.ramp)
            let service = try SpeechService(station, ["--listen-engine", "positions"])
            let daemon = try station.startDaemon(service.settings.merging(Self.linear16) { $1 })
            let client = try station.connect(to: daemon)
            try client.status("a second of sound") { $0.ledger.captured >= 16_000 }
            microphone.unplug()
            let away = try client.status("the loss to be noticed") {
                $0.capture.state == "waiting" && $0.capture.trouble != nil
            }
            #expect(away.capture.trouble?.message.contains("mic") == true)
            microphone.replug()
            try client.status("sound again") {
                $0.capture.state == "running" && $0.ledger.captured >= away.ledger.captured + 16_000
            }
            let transcript = try station.stop(daemon)
            try service.stop()
            let ledger = try transcript.check()
            #expect(transcript.gaps.map(\.cause) == ["unplugged"])
            let gap = try #require(transcript.gaps.first)
            #expect(ledger.absent == ["unplugged": Int(((gap.end - gap.start) * 16_000).rounded())])
            #expect(ledger.pending == 0 && ledger.dropped.isEmpty)
            let received = try service.recordings("listen").flatMap(\.self)
            #expect(received.count == ledger.captured)
            let before = Int((gap.start * 16_000).rounded())
            try #require(received.count > before)
            expectRamp(Array(received[..<before]), from: 0)
            let after = Array(received[before...])
            expectRamp(after, from: Int(UInt16(bitPattern: after[0])))
        }

        @Test func nothingOfTheTimeItIsMutedArrives() throws {
            let station = try Station()
            _ = try station.addMicrophone(.ramp)
            let service = try SpeechService(station, ["--listen-engine", "positions"])
            let daemon = try station.startDaemon(service.settings.merging(Self.linear16) { $1 })
            let client = try station.connect(to: daemon)
            try client.status("a second of sound") { $0.ledger.captured >= 16_000 }
            #expect(try station.tool("mute").wait() == 0)
            let before = try client.status("the microphone to be muted") { $0.capture.muted }
            let muted = try client.status("a second of quiet") {
                $0.uplink.positionSeconds >= before.uplink.positionSeconds + 1
            }
            #expect(try station.tool("unmute").wait() == 0)
            try client.status("sound again") {
                !$0.capture.muted && $0.ledger.captured >= muted.ledger.captured + 16_000
            }
            let transcript = try station.stop(daemon)
            try service.stop()
            let ledger = try transcript.check()
            #expect(transcript.gaps.map(\.cause) == ["muted"])
            let gap = try #require(transcript.gaps.first)
            let from = Int((gap.start * 16_000).rounded())
            let to = Int((gap.end * 16_000).rounded())
            #expect(ledger.absent == ["muted": to - from])
            #expect(ledger.pending == 0 && ledger.dropped.isEmpty)
            let received = try service.recordings("listen").flatMap(\.self)
            #expect(received.count == ledger.captured)
            try #require(received.count > from)
            expectRamp(Array(received[..<from]), from: 0)
            expectRamp(Array(received[from...]), from: to)
        }

        @Test func aSecondDaemonLeavesTheFirstAlone() throws {
            let station = try Station()
            _ = try station.addMicrophone(.silence)
            let service = try SpeechService(station, ["--listen-engine", "none"])
            let first = try station.startDaemon(service.settings)
            let client = try station.connect(to: first)
            let second = try station.startDaemon(service.settings)
            #expect(try second.wait() == EX_UNAVAILABLE)
            #expect(second.errors.contains(station.controlPath), "\(second.errors)")
            #expect(try client.status().capture.device == "mic")
            #expect(try ControlClient(path: station.controlPath).status().capture.device == "mic")
            try station.stop(first).check()
            try service.stop()
        }

        @Test func aBadConfigurationIsToldInFull() throws {
            let station = try Station()
            let settings = [
                "listen.encoding": "\"mp3\"", "capture.rate": "12", "capture.devise": "\"mic\"",
                "auth.key": "\"\(Station.key)\"",
                "listen.url": "\"http://127.0.0.1/\"",
            ]
            let configuration = try station.configure(settings)
            let daemon = try station.run(Programs.built("earpostd"), ["--config", configuration])
            #expect(try daemon.wait() == EX_CONFIG)
            for key in settings.keys {
                #expect(daemon.errors.contains(key), "\(key) is not told: \(daemon.errors)")
            }
            #expect(!daemon.errors.contains(Station.key))
            let absent = try station.run(
                Programs.built("earpostd"), ["--config", station.path("absent.toml")])
            #expect(try absent.wait() == EX_CONFIG)
            #expect(absent.errors.contains("absent.toml"))
        }

        @Test func aMicrophoneThatComesLateIsWaitedFor() throws {
            let station = try Station()
            let microphone = try station.addMicrophone(.ramp)
            microphone.unplug()
            let service = try SpeechService(station, ["--listen-engine", "positions"])
            let daemon = try station.startDaemon(service.settings.merging(Self.linear16) { $1 })
            let client = try station.connect(to: daemon)
            let waiting = try client.status("the wait") {
                $0.capture.state == "waiting" && $0.capture.trouble != nil
            }
            #expect(waiting.ledger.captured == 0)
            microphone.replug()
            try client.status("two seconds confirmed") {
                $0.capture.state == "running" && $0.ledger.confirmed >= 32_000
            }
            let transcript = try station.stop(daemon)
            try service.stop()
            let ledger = try transcript.check()
            let received = try service.recordings("listen").flatMap(\.self)
            expectRamp(received, from: 0)
            #expect(received.count == ledger.captured)
            #expect(transcript.gaps.map(\.cause) == ["unplugged"])
        }
    }
}

/// The key stands in its file and nowhere else.
func expectNoKey(in station: Station, sourceLocation: SourceLocation = #_sourceLocation) {
    let key = Array(Station.key.utf8)
    let files = station.directory.files
    let holders = files.filter { file in
        file.bytes.indices.contains { file.bytes[$0] == key[0] && file.bytes[$0...].starts(with: key) }
    }
    #expect(holders.map(\.path) == [station.keyPath], sourceLocation: sourceLocation)
}
