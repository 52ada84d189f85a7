import FoundationEssentials
import Testing

@testable import ControlProtocol

/// The examples of `docs/CONTROL.md` are the golden files: each is the line after `<!-- name -->` and a
/// fence.
private let documented: [String: String] = {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    guard let data = FileManager.default.contents(atPath: "/\(root)/docs/CONTROL.md") else { return [:] }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    var examples: [String: String] = [:]
    for (index, line) in lines.enumerated() where line.hasPrefix("<!-- ") && index + 2 < lines.count {
        examples[String(line.dropFirst(5).dropLast(4))] = String(lines[index + 2])
    }
    return examples
}()

private func text(_ value: some Encodable) throws -> String {
    String(decoding: try JSONLine.encode(value), as: UTF8.self)
}

@Suite("Every message as it is documented")
struct GoldenTests {
    @Test("requests", arguments: Examples.requests.keys.sorted())
    func requests(name: String) throws {
        let request = try #require(Examples.requests[name])
        let line = try #require(documented[name])
        #expect(try text(request) == line + "\n")
        #expect(Request.parse(Array(line.utf8)) == .success(request))
        #expect(Request.Verb.names.contains(request.verb.name))
    }

    @Test("responses", arguments: Examples.responses.keys.sorted())
    func responses(name: String) throws {
        let response = try #require(Examples.responses[name])
        let line = try #require(documented[name])
        #expect(try text(response) == line + "\n")
        #expect(try JSONLine.decode(ServerLine.self, from: line.utf8) == .response(response))
    }

    @Test("events", arguments: Examples.events.keys.sorted())
    func events(name: String) throws {
        let event = try #require(Examples.events[name])
        let line = try #require(documented[name])
        #expect(try text(event) == line + "\n")
        #expect(try JSONLine.decode(ServerLine.self, from: line.utf8) == .event(event))
    }

    @Test("every verb, response, event and example has its counterpart")
    func complete() {
        let names = Set(Examples.requests.keys).union(Examples.responses.keys).union(Examples.events.keys)
        #expect(names == Set(documented.keys))
        #expect(Set(Examples.requests.values.map(\.verb.name)) == Set(Request.Verb.names))
        #expect(Set(Examples.events.values.compactMap(\.kind)) == Set(EventKind.allCases))
    }
}
