import ControlProtocol
import Glibc
import System
import TestDevice
import Testing

extension EndToEnd {
    /// Sound in at the microphone, words out in the transcript.
    @Suite struct Hearing {
        enum Encoding: String, CaseIterable { case opus, linear16 }
        enum Transport: String, CaseIterable { case plain, tls }

        private static let sentence = "The quick brown fox jumps over the lazy dog."

        @Test(arguments: Encoding.allCases, Transport.allCases)
        func speechAtTheMicrophoneComesOutAsWords(encoding: Encoding, transport: Transport) throws {
            let station = try Station()
            _ = try Programs.installed("pocketsphinx_continuous", package: "pocketsphinx pocketsphinx-en-us")
            let speech = station.path("speech.wav")
            let flite = try station.run(
                Programs.installed("flite", package: "flite"),
                ["-voice", "slt", "-t", Self.sentence, "-o", speech])
            #expect(flite.errors.isEmpty)
            _ = try station.addMicrophone(.file(speech))
            var options = ["--listen-engine", "pocketsphinx"]
            if transport == .tls { options += try Certificates(station).options }
            let service = try SpeechService(station, options)
            var settings = service.settings
            settings["listen.encoding"] = "\"\(encoding)\""
            if transport == .tls {
                settings["listen.url"] = "\"wss://localhost:\(service.port)/v1/listen\""
                settings["listen.ca_file"] = "\"\(Certificates.authority(station))\""
            }
            let daemon = try station.startDaemon(settings)
            let client = try station.connect(to: daemon)
            try client.events("a transcribed sentence", seconds: 60) { events in
                events.contains {
                    if case .final(let heard) = $0 { heard.text.contains("dog") } else { false }
                }
            }
            let transcript = try station.stop(daemon)
            try service.stop()
            try transcript.check()
            #expect(transcript.head.encoding == encoding.rawValue)
            let heard = Self.sentence.lowercased().split { !$0.isLetter }.filter {
                transcript.text.contains($0)
            }
            #expect(heard.count >= 6, "heard: \(transcript.text)")
        }

        @Test func everyFrameOfTheMicrophoneArrivesOnceAndInOrder() throws {
            let station = try Station()
            let microphone = try station.addMicrophone(.ramp)
            let service = try SpeechService(station, ["--listen-engine", "positions"])
            let daemon = try station.startDaemon(
                service.settings.merging(["listen.encoding": "\"linear16\""]) { $1 })
            let client = try station.connect(to: daemon)
            let tail = try station.start(
                Programs.built("earpost"), ["tail", "--json", "--socket", station.controlPath])
            try client.status("five seconds confirmed") { $0.ledger.confirmed >= 80_000 }
            let transcript = try station.stop(daemon)
            let ledger = try transcript.check()
            // The daemon is gone, and the tool says so after all that was told before.
            #expect(try tail.wait() == EX_UNAVAILABLE)
            let told = try tail.output.split(separator: "\n").map {
                try JSONLine.decode(ServerLine.self, from: $0.utf8)
            }
            let finals = told.compactMap { line -> HeardEvent? in
                if case .event(.final(let heard)) = line { heard } else { nil }
            }
            #expect(finals == transcript.finals.suffix(finals.count) && finals.count >= 4)
            try service.stop()
            let recordings = try service.recordings("listen")
            #expect(recordings.count == 1)
            let received = try #require(recordings.first)
            expectRamp(received, from: 0)
            #expect(received.count == ledger.captured)
            #expect(received.count == microphone.counters(.capture).framesTransferred)
            #expect(microphone.counters(.capture).xruns == 0)
            #expect(ledger.pending == 0 && ledger.dropped.isEmpty)
            #expect(ledger.sent == ledger.captured)
            expectPositions(transcript.words, to: received.count)
            for (one, next) in zip(transcript.finals, transcript.finals.dropFirst()) {
                #expect(one.end == next.start)
            }
            #expect(transcript.finals.first?.start == 0)
            #expect(transcript.finals.last.map { Int(($0.end * 16_000).rounded()) } == received.count)
        }
    }
}

/// Every sample is its predecessor and one, from the microphone's frame `first` on.
func expectRamp(_ samples: [Int16], from first: Int, sourceLocation: SourceLocation = #_sourceLocation) {
    let wrong = samples.indices.first { Int32(samples[$0]) != Ramp.sample(frame: first + $0) }
    #expect(wrong == nil, "the first wrong sample", sourceLocation: sourceLocation)
    #expect(!samples.isEmpty, sourceLocation: sourceLocation)
}

/// The words of the `positions` engine tell of an unbroken ramp of `frames` frames from the session's
/// start on: each names its own place and begins where the last one ended. A rest below 20 ms has no word.
func expectPositions(
    _ words: [HeardEvent.Word], to frames: Int, sourceLocation: SourceLocation = #_sourceLocation
) {
    var end = 0
    for word in words {
        let start = Int((word.start * 16_000).rounded())
        #expect(start == end, "a gap or a repetition", sourceLocation: sourceLocation)
        #expect(word.word == "r\(start % 65_536)", sourceLocation: sourceLocation)
        end = Int((word.end * 16_000).rounded())
    }
    #expect((0..<320).contains(frames - end), "\(frames - end) frames more", sourceLocation: sourceLocation)
}
