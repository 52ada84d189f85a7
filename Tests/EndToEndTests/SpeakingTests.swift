import ControlProtocol
import Glibc
import System
import TestDevice
import Testing

extension EndToEnd {
    /// Text in at the control socket, sound out at the speaker.
    @Suite struct Speaking {
        /// A station that speaks: its parts and the client that follows them.
        private struct Scene {
            let station: Station
            let speaker: DeviceControl
            let service: SpeechService
            let daemon: Child
            let client: ControlClient

            init(_ options: [String]) throws {
                station = try Station()
                _ = try station.addMicrophone(.silence)
                speaker = try station.addSpeaker()
                service = try SpeechService(station, ["--listen-engine", "none"] + options)
                let settings = service.settings.merging([
                    "playback.device": "\"speaker\"", "speak.sample_rate": "16000",
                ]) { $1 }
                daemon = try station.startDaemon(settings)
                client = try station.connect(to: daemon)
            }

            /// What has left the speaker so far.
            var spoken: [Int16] { get throws { try samples(ofWAV: station.path("spoken.wav")) } }
        }

        @Test(arguments: [
            ["--speak-engine", "ramp"], ["--speak-engine", "ramp", "--odd-chunks"],
            ["--speak-engine", "tone", "--odd-chunks"],
        ])
        func everySampleOfTheAnswerIsPlayedBeforeSayReturns(options: [String]) throws {
            let scene = try Scene(options)
            let say = try scene.station.tool("say", "Good morning. The door is open.")
            #expect(try say.wait() == 0, "\(say.errors)")
            let spoken = try scene.spoken
            _ = try scene.station.stop(scene.daemon)
            try scene.service.stop()
            let answers = try scene.service.recordings("speak")
            #expect(answers.count == 1)
            let answer = try #require(answers.first)
            #expect(answer.count > 16_000)
            #expect(place(of: answer, in: spoken) != nil, "not played as it came")
        }

        @Test func twoAnswersAreHeardOneAfterTheOther() throws {
            let scene = try Scene(["--speak-engine", "ramp"])
            let earpost = try Programs.built("earpost")
            let socket = ["--socket", scene.station.controlPath]
            let first = try scene.station.start(
                earpost, ["say", "The first one.", "--utterance", "one"] + socket)
            try scene.client.events("the first to be accepted") { $0.became("one", .accepted) }
            let second = try scene.station.start(
                earpost, ["say", "And the second.", "--utterance", "two"] + socket)
            #expect(try first.wait() == 0, "\(first.errors)")
            #expect(try second.wait() == 0, "\(second.errors)")
            let spoken = try scene.spoken
            try scene.client.events("the second to be heard") { $0.became("two", .heard) }
            let told = scene.client.events.compactMap { event -> String? in
                guard case .utterance(let change) = event, change.state == .heard else { return nil }
                return change.utterance
            }
            #expect(told == ["one", "two"])
            _ = try scene.station.stop(scene.daemon)
            try scene.service.stop()
            let answer = try scene.service.recordings("speak").flatMap(\.self)
            #expect(answer.count == 50 * 16 * ("The first one.".count + "And the second.".count))
            // Between the two there may be silence; nothing else, and nothing is missing.
            let half = 50 * 16 * "The first one.".count
            let begin = try #require(place(of: Array(answer[..<half]), in: spoken))
            let next = try #require(place(of: Array(answer[half...]), in: spoken))
            #expect(next >= begin + half)
        }

        @Test(arguments: [[], ["--odd-chunks"]])
        func stopSilencesTheSpeakerAtOnce(options: [String]) throws {
            let scene = try Scene(["--speak-engine", "ramp"] + options)
            let text = String(repeating: "A long story goes on and on. ", count: 20)
            let say = try scene.station.start(
                Programs.built("earpost"),
                ["say", text, "--utterance", "story", "--socket", scene.station.controlPath])
            try scene.client.status("the story to be audible") { _ in
                (try? scene.spoken.contains { $0 != 0 }) ?? false
            }
            let stop = try scene.station.tool("stop")
            #expect(try stop.wait() == 0, "\(stop.errors)")
            #expect(try say.wait() == EX_TEMPFAIL, "\(say.errors)")
            let passed = scene.speaker.counters(.playback).framesPassed
            // The next answer comes through the same speaker: what lies between is silence.
            let next = try scene.station.tool("say", "Next.")
            #expect(try next.wait() == 0, "\(next.errors)")
            let spoken = try scene.spoken
            try scene.client.events("the story's end") { $0.became("story", .interrupted) }
            _ = try scene.station.stop(scene.daemon)
            try scene.service.stop()
            let answer = Array(try scene.service.recordings("speak").flatMap(\.self).suffix(5 * 50 * 16))
            let after = Array(spoken[min(passed, spoken.count)...])
            let begin = try #require(place(of: answer, in: after), "the next answer was not played")
            // The speaker held a second of the story; it may not play that to its end.
            let audible = (after[..<begin].lastIndex { $0 != 0 } ?? -1) + 1
            #expect(audible < 4_000, "audible after the stop: \(audible) frames")
            #expect(passed < 50 * 16 * text.count, "the whole story was told")
        }
    }
}

extension [Event] {
    /// Whether they tell that an utterance came to `state`.
    func became(_ utterance: String, _ state: UtteranceEvent.State) -> Bool {
        contains {
            if case .utterance(let change) = $0 {
                change.utterance == utterance && change.state == state
            } else {
                false
            }
        }
    }
}

/// Where `part` lies in `whole`, sample by sample; nil: nowhere.
func place(of part: [Int16], in whole: [Int16]) -> Int? {
    guard !part.isEmpty, part.count <= whole.count else { return nil }
    return (0...(whole.count - part.count)).first { start in
        part.indices.allSatisfy { whole[start + $0] == part[$0] }
    }
}
