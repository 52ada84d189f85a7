import Glibc

/// What the tool asks the system about files.
enum FileSystem {
    /// The group a file belongs to, by name or number; nil where the file cannot be looked at.
    static func group(of path: String) -> String? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        guard let group = unsafe getgrgid(status.st_gid) else { return "\(status.st_gid)" }
        return unsafe String(cString: group.pointee.gr_name)
    }

    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Whether `$PATH` leads to a program of this name.
    static func hasProgram(_ name: String) -> Bool {
        let path = environment("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").contains { unsafe access("\($0)/\(name)", X_OK) == 0 }
    }

    /// The text of a file, or of standard input for `-`, as far as `limit` bytes and one.
    static func text(of path: String, limit: Int) throws(ToolError) -> String {
        let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ToolError(.noInput, "\(path): \(SocketFailure(code: errno).reason).")
        }
        defer { if path != "-" { _ = Glibc.close(descriptor) } }
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            var chunk = [UInt8](repeating: 0, count: 16_384)
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw ToolError(.noInput, "\(path): \(SocketFailure(code: errno).reason).")
            }
            if count == 0 { break }
            bytes += chunk.prefix(count)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ToolError(.dataError, "\(path): this is no UTF-8 text.")
        }
        return text
    }
}
