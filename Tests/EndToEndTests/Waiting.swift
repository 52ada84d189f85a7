import Glibc
import System
import TestDevice

/// What `condition` returns as soon as it is something; an error that names `what` after `seconds`.
@discardableResult
func waitFor<Value>(_ what: String, seconds: Int = 30, _ condition: () throws -> Value?) throws -> Value {
    let deadline = Clocks.monotonic + Int64(seconds) * 1_000_000_000
    var result: Result<Value?, any Error> = .success(nil)
    repeat {
        // `eventually` gives up by itself after a while of its own.
        _ = eventually {
            result = Result { try condition() }
            if case .success(nil) = result { return Clocks.monotonic > deadline }
            return true
        }
        if let value = try result.get() { return value }
    } while Clocks.monotonic < deadline
    throw Failure("waited \(seconds) s in vain for \(what)")
}

/// A new directory, which goes with its contents.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = try Files.makeTemporaryDirectory(prefix: "earpost-e2e")
    }

    deinit { Self.remove(path) }

    /// The bytes of every file below, by path.
    var files: [(path: String, bytes: [UInt8])] { Self.files(in: path) }

    private static func files(in path: String) -> [(path: String, bytes: [UInt8])] {
        guard let names = try? Files.names(in: path) else {
            return (try? Files.read(path, limit: 1 << 28)).map { [(path, $0)] } ?? []
        }
        return names.flatMap { files(in: "\(path)/\($0)") }
    }

    private static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        for name in (try? Files.names(in: path)) ?? [] { remove("\(path)/\(name)") }
        rmdir(path)
    }
}

/// Writes a file that only its owner may read.
func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
}

/// The same with bytes.
func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SystemError("open", path, code: errno) }
    defer { close(descriptor) }
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
        throw SystemError("write", path, code: errno)
    }
}
