import Glibc
import System

/// The programs these tests run.
enum Programs {
    /// Where the programs under test are; a build without packages makes none.
    static let isDirectoryNamed = environment("EARPOST_PROGRAMS") != nil
    static let areBuilt = isDirectoryNamed || environment("EARPOST_CORE") == nil

    /// One of our own: in the directory `EARPOST_PROGRAMS` names, else beside this program.
    static func built(_ name: String) throws -> String {
        let directory = environment("EARPOST_PROGRAMS") ?? programDirectory
        let path = "\(directory)/\(name)"
        guard access(path, X_OK) == 0 else {
            throw Failure(
                "\(path) is not there: build it with swift build, or name its directory in EARPOST_PROGRAMS")
        }
        return path
    }

    /// One of the system's.
    static func installed(_ name: String, package: String) throws -> String {
        for directory in (environment("PATH") ?? "/usr/bin").split(separator: ":") {
            let path = "\(directory)/\(name)"
            if access(path, X_OK) == 0 { return path }
        }
        throw Failure("\(name) is not installed: apt install \(package)")
    }

    /// A Python that has what `modules` name; nil where there is none.
    static func python(with modules: String) -> String? {
        guard
            let path = environment("EARPOST_PYTHON") ?? (try? installed("python3", package: "python3")),
            let child = try? Child(path, ["-c", "import \(modules)"]),
            let status = try? child.wait(), status == 0
        else { return nil }
        return path
    }

    static let hasWebSockets = areBuilt && python(with: "websockets.server") != nil
    static let hasDeepgramSDK = areBuilt && python(with: "deepgram") != nil

    /// The file in `Tests/Peers`, found from where this file is.
    static func peer(_ name: String) -> String {
        var parts = #filePath.split(separator: "/").dropLast(2)
        parts += ["Peers", Substring(name)]
        return "/" + parts.joined(separator: "/")
    }

    static func environment(_ name: String) -> String? {
        Environment.all.first { $0.0 == name }?.1
    }

    private static var programDirectory: String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &bytes, bytes.count)
        let path = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
    }
}

/// What was to happen and did not.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
