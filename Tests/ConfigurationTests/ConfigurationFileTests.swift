import Foundation
import Testing

@testable import Configuration

@Suite struct ConfigurationFileTests {
    /// A folder of its own, with one file if there is text for it; gone at the end.
    private func withFile(_ bytes: [UInt8]?, _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "a.toml")
        if let bytes { try Data(bytes).write(to: file) }
        try body(file.path)
    }

    private func errors(of file: ConfigurationFile) -> [String] {
        do {
            _ = try file.text()
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test func theArgumentGoesBeforeTheVariableAndThatBeforeTheStandard() {
        let named = [("EARPOST_CONFIG", "/b")]
        #expect(ConfigurationFile(argument: "/a", environment: named).path == "/a")
        #expect(ConfigurationFile(argument: nil, environment: named).path == "/b")
        let standard = ConfigurationFile(argument: nil, environment: [("EARPOST_CONFIG", "")])
        #expect(standard.path == "/etc/earpost/earpost.toml" && !standard.isNamed)
    }

    @Test func aFileIsReadWhole() throws {
        let text =
            "log.level = \"debug\" # " + String(repeating: "ä", count: 100_000) + "\nlisten.model = \"x\"\n"
        try withFile(Array(text.utf8)) { path in
            let loaded = try ConfigurationFile(argument: path, environment: []).load(environment: [])
            #expect(loaded.value.log.level == .debug && loaded.value.listen.model == "x")
            #expect(loaded.origins["listen.model"] == .file(line: 2) && loaded.source == path)
        }
    }

    @Test func aMissingFileIsAnErrorOnlyWhereSomebodyNamedIt() throws {
        try withFile(nil) { path in
            let named = ConfigurationFile(argument: path, environment: [])
            #expect(
                errors(of: named) == [
                    "\(path): there is no such file. Name an existing one with --config or EARPOST_CONFIG."
                ])
        }
        let standard = ConfigurationFile(argument: nil, environment: [])
        if !FileManager.default.fileExists(atPath: standard.path) { #expect(try standard.text() == nil) }
    }

    @Test func aDirectoryIsNoFile() throws {
        try withFile([]) { path in
            let folder = String(path.dropLast("/a.toml".count))
            let found = errors(of: ConfigurationFile(argument: folder, environment: []))
            #expect(found == ["\(folder): it is a directory. Name the file in it."])
        }
    }

    @Test func bytesThatAreNotTextAreRefusedWithTheirLine() throws {
        try withFile(Array("a = 1\nb = \"".utf8) + [0xFF, 0x22, 0x0A]) { path in
            let found = errors(of: ConfigurationFile(argument: path, environment: []))
            #expect(found == ["\(path):2: it is not UTF-8 text. Save it as UTF-8."])
        }
    }

    @Test func aFileBeyondTheLimitIsNotReadToItsEnd() throws {
        let comment = [UInt8](repeating: UInt8(ascii: "#"), count: ConfigurationFile.sizeLimit)
        try withFile(comment) { #expect(errors(of: ConfigurationFile(argument: $0, environment: [])) == []) }
        let endless = errors(of: ConfigurationFile(argument: "/dev/zero", environment: []))
        #expect(endless == ["/dev/zero: it is longer than 1MiB. Name the right file."])
    }
}
