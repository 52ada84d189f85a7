import Glibc

/// The file a configuration is read from, and whether somebody asked for this very one.
package struct ConfigurationFile: Sendable, Equatable {
    /// Where the file is when nobody names another.
    package static let standardPath = "/etc/earpost/earpost.toml"
    /// No configuration is longer, in bytes.
    package static let sizeLimit = 1 << 20

    package let path: String
    /// Named on the command line or by a variable: then it must be there.
    package let isNamed: Bool

    /// The file `argument` names, else the one `EARPOST_CONFIG` names, else the standard one.
    package init(argument: String?, environment: [(String, String)]) {
        let variable = environment.first { $0.0 == "EARPOST_CONFIG" && !$0.1.isEmpty }?.1
        path = argument ?? variable ?? Self.standardPath
        isNamed = argument != nil || variable != nil
    }

    /// Reads the file and the variables.
    ///
    /// Runs on: any thread that may wait for a disk.
    package func load(environment: [(String, String)]) throws(ConfigurationErrors) -> LoadedConfiguration {
        try AgentConfiguration.load(text: try text(), source: path, environment: environment)
    }

    /// The file's text; nil where it is not there and nobody named it.
    package func text() throws(ConfigurationErrors) -> String? {
        // A pipe or a terminal would keep us waiting at open; without O_NONBLOCK for good.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT, !isNamed { return nil }
            throw unreadable(errno)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw unreadable(errno)
            }
            bytes += chunk[..<count]
            guard bytes.count <= Self.sizeLimit else {
                throw fault("it is longer than \(ByteSize.text(Self.sizeLimit))", "Name the right file.")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw fault("it is not UTF-8 text", "Save it as UTF-8.", line: Self.lineNotUTF8(bytes))
        }
        return text
    }

    private func unreadable(_ code: Int32) -> ConfigurationErrors {
        switch code {
        case ENOENT:
            fault("there is no such file", "Name an existing one with --config or EARPOST_CONFIG.")
        case EACCES, EPERM:
            fault("it may not be read", "Let the user who runs this read it.")
        case EISDIR:
            fault("it is a directory", "Name the file in it.")
        default:
            fault(
                "it cannot be read: \(unsafe String(cString: strerror(code)))",
                "Look after the file or its disk.")
        }
    }

    private func fault(_ problem: String, _ remedy: String, line: Int? = nil) -> ConfigurationErrors {
        ConfigurationErrors([
            ConfigurationError(
                place: .file(path, line: line, column: nil), key: "", fault: .unreadable, problem: problem,
                remedy: remedy)
        ])
    }

    private static func lineNotUTF8(_ bytes: [UInt8]) -> Int? {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }.map { $0 + 1 }
    }
}
