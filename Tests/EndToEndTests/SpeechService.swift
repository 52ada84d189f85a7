import Glibc
import System

/// `earpost-local`, running for one test.
final class SpeechService {
    let child: Child
    let port: Int
    private let recordDirectory: String

    /// Starts it on `port`, 0: one it picks.
    init(_ station: Station, _ options: [String], port: Int = 0, name: String = "service") throws {
        recordDirectory = station.path(name)
        try Files.makeDirectory(recordDirectory)
        let portFile = station.path("\(name).port")
        unlink(portFile)
        child = try station.start(
            Programs.built("earpost-local"),
            ["--port", "\(port)", "--port-file", portFile, "--record", recordDirectory] + options)
        self.port = try waitFor("the speech service") { [child] in
            guard child.isRunning else { throw Failure("earpost-local ended: \(child.errors)") }
            return (try? Files.read(portFile)).flatMap { readNumber($0) }
        }
    }

    /// What the daemon's configuration needs to find it.
    var settings: [String: String] {
        [
            "listen.url": "\"ws://127.0.0.1:\(port)/v1/listen\"",
            "speak.url": "\"ws://127.0.0.1:\(port)/v1/speak\"",
        ]
    }

    /// `POST /control` with a JSON object.
    func control(_ object: String) throws {
        let socket = try Socket(port: port)
        let head = "POST /control HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        try socket.send(Array("\(head)Content-Length: \(object.utf8.count)\r\n\r\n\(object)".utf8))
        var answer: [UInt8] = []
        while case let bytes = try socket.receive(), !bytes.isEmpty { answer += bytes }
        let text = String(decoding: answer, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 200") else { throw Failure("/control answered \(text)") }
    }

    /// The samples of every connection of `kind` (`listen`, `speak`), in the order of connections.
    func recordings(_ kind: String) throws -> [[Int16]] {
        try Files.names(in: recordDirectory).filter { $0.contains("-\(kind)-") && $0.hasSuffix(".wav") }
            .map { try samples(ofWAV: "\(recordDirectory)/\($0)") }
    }

    /// Ends it; its recordings are complete then.
    func stop() throws {
        child.signal(SIGTERM)
        try child.wait()
    }
}

/// The number a port file holds; nil while it is not whole.
func readNumber(_ bytes: [UInt8]) -> Int? {
    guard bytes.last == UInt8(ascii: "\n") else { return nil }
    return Int(String(decoding: bytes.dropLast(), as: UTF8.self))
}

/// The samples of a 16-bit WAV file.
func samples(ofWAV path: String) throws -> [Int16] {
    let bytes = try Files.read(path, limit: 1 << 28)
    func number(_ at: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
    var at = 12
    while at + 8 <= bytes.count {
        let size = number(at + 4, 4)
        if bytes[at..<at + 4].elementsEqual("data".utf8) {
            let data = bytes[(at + 8)..<min(bytes.count, at + 8 + size)]
            return stride(from: data.startIndex, to: data.endIndex - 1, by: 2).map {
                Int16(truncatingIfNeeded: number($0, 2))
            }
        }
        at += 8 + size + size % 2
    }
    throw Failure("\(path) has no samples")
}
