import Testing

@testable import ControlProtocol

private func parse(_ line: String) -> Result<Request, Request.Refusal> { Request.parse(Array(line.utf8)) }

private func refusal(_ line: String) -> Request.Refusal? {
    if case .failure(let refusal) = parse(line) { refusal } else { nil }
}

@Suite("Parsing of requests")
struct RequestParsingTests {
    @Test(
        "what is no JSON object is refused, whatever it is",
        arguments: [
            "", "hello", "{", #"{"v":1,"id":7,"do":"status"#, "[1,2", "\u{0}", #"{"v":1}{"v":1}"#,
        ])
    func badJSON(line: String) {
        #expect(refusal(line)?.error.code == .badJSON)
        #expect(refusal(line)?.id == nil)
    }

    @Test(
        "a field that is missing or of the wrong type is named, and the id is kept",
        arguments: [
            (#"{"id":7,"do":"status"}"#, "v is missing."),
            (#"{"v":1,"id":7}"#, "do is missing."),
            (#"{"v":"1","id":7,"do":"status"}"#, "v is no whole number."),
            (#"{"v":1,"id":7,"do":3}"#, "do is no string."),
            (#"{"v":1,"id":7,"do":"say"}"#, "text is missing."),
            (#"{"v":1,"id":7,"do":"say","text":5}"#, "text is no string."),
            (#"{"v":1,"id":7,"do":"say","text":" \n"}"#, "text is empty."),
            (#"{"v":1,"id":7,"do":"say","text":"x","utterance":""}"#, "utterance is empty."),
            (#"{"v":1,"id":7,"do":"tail","events":"final"}"#, "events is no list."),
            (#"{"v":1,"id":7,"do":"tail","events":[1]}"#, "events.[0] is no string."),
        ])
    func badRequest(line: String, message: String) {
        #expect(refusal(line)?.error.code == .badRequest)
        #expect(refusal(line)?.error.message == message)
        #expect(refusal(line)?.id == 7)
    }

    @Test("an id that is no number is a bad request without an id")
    func badID() {
        #expect(refusal(#"{"v":1,"id":"x","do":"status"}"#)?.error.message == "id is no whole number.")
        #expect(refusal("[]")?.error.code == .badRequest)
    }

    @Test("an unknown verb, event or version is refused and the known ones are named")
    func unknown() {
        let verb = refusal(#"{"v":1,"id":7,"do":"sing"}"#)
        #expect(verb?.error.code == .unknownVerb && verb?.id == 7)
        #expect(verb?.error.remedy.contains("say, stop") == true)
        let event = refusal(#"{"v":1,"id":7,"do":"tail","events":["finals"]}"#)
        #expect(event?.error.code == .badRequest)
        #expect(event?.error.message.contains("final, interim") == true)
        #expect(refusal(#"{"v":2,"id":7,"do":"status"}"#)?.error.code == .unsupportedVersion)
    }

    @Test("fields that are not known are passed over, and an id may be left out")
    func tolerant() {
        #expect(parse(#"{"v":1,"do":"mute","why":"meeting"}"#) == .success(Request(id: 0, .mute)))
    }

    @Test("a tail without a choice gets all but what comes several times a second")
    func unaskedEvents() throws {
        let verb = try parse(#"{"v":1,"id":1,"do":"tail"}"#).get().verb
        #expect(verb == .tail([.final, .gap, .clock, .state, .speech, .utterance]))
        #expect(try parse(#"{"v":1,"do":"tail","events":["gap","gap"]}"#).get().verb == .tail([.gap]))
        #expect(try parse(#"{"v":1,"do":"tail","events":[]}"#).get().verb == .tail([]))
    }

    @Test("the longest line is taken and the next longer one refused")
    func length() {
        let frame = #"{"v":1,"id":7,"do":"say","text":""}"#
        let room = ControlLimits.requestBytes - frame.utf8.count
        func line(_ count: Int) -> String { frame.dropLast(2) + String(repeating: "a", count: count) + "\"}" }
        #expect((try? parse(line(room)).get()) != nil)
        #expect(refusal(line(room + 1))?.error.code == .tooLong)
    }

    @Test("no line makes it trap", arguments: UInt64(1)...20)
    func hostile(seed: UInt64) {
        var state = seed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let example = Array(#"{"v":1,"id":7,"do":"tail","events":["final","gap"],"text":"x\u00e9"}"#.utf8)
        for _ in 0..<100 {
            var line = example
            for _ in 0...(next() % 4) { line[Int(next() % UInt64(line.count))] = UInt8(next() % 256) }
            switch Request.parse(line) {
            case .success(let request): #expect(Request.Verb.names.contains(request.verb.name))
            case .failure(let refusal): #expect(!refusal.error.message.isEmpty)
            }
        }
        let deep = Array(String(repeating: "[", count: 60_000).utf8)
        if case .success = Request.parse(deep) { Issue.record("a heap of brackets is no request") }
    }

    @Test("acting verbs need the control socket, reading ones do not")
    func access() {
        let reading = Examples.requests.values.filter { $0.verb.access == .observe }.map(\.verb.name)
        #expect(Set(reading) == ["status", "tail", "devices", "config"])
    }
}
