import FoundationEssentials

/// Where engines work: programs with a time limit, and files that vanish after use.
package struct Workshop: Sendable {
    private let programs: ChildProcess
    private let directory: String
    private let limit: Duration

    /// - Parameters:
    ///   - directory: An existing directory for temporary files.
    ///   - limit: The longest one run of an engine may take.
    package init(programs: ChildProcess, directory: String, limit: Duration) {
        self.programs = programs
        self.directory = directory
        self.limit = limit
    }

    /// What `arguments[0]` prints.
    func run(_ arguments: [String]) throws -> [UInt8] { try programs.run(arguments, within: limit) }

    /// Calls `body` with the path of a new file with these contents, and removes the file afterwards.
    func withFile<Value>(containing bytes: [UInt8], _ body: (String) throws -> Value) throws -> Value {
        let path = "\(directory)/\(UUID().uuidString).wav"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(filePath: path))
        return try body(path)
    }

    func contents(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }
}
