import Glibc

/// Small files, whole: configuration, keys, transcripts.
package enum Files {
    /// The bytes of the file at `path`; larger than `limit` is an error (`EFBIG`).
    package static func read(_ path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path, code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(descriptor, &block, block.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read", path, code: errno) }
            if count == 0 { return bytes }
            bytes += block[..<count]
            guard bytes.count <= limit else { throw SystemError("read", path, code: EFBIG) }
        }
    }

    /// The last bytes of the file at `path`, at most `limit`.
    package static func readEnd(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path, code: errno) }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        let wanted = min(max(0, size), limit)
        var bytes = [UInt8](repeating: 0, count: wanted)
        var done = 0
        while done < wanted {
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(
                    descriptor, $0.baseAddress.map { unsafe $0 + done }, wanted - done,
                    off_t(size - wanted + done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read", path, code: errno) }
            if count == 0 { break }
            done += count
        }
        return Array(bytes.prefix(done))
    }

    /// Makes `bytes` the whole of the file at `path`: written beside it, synced, then put in its place, so
    /// that there is the old file or the new one at any moment.
    package static func replace(
        _ path: String, with bytes: [UInt8], mode: mode_t = 0o600
    ) throws(SystemError) {
        let new = path + ".new"
        let descriptor = unsafe open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemError("open", new, code: errno) }
        let written = unsafe Glibc.write(descriptor, bytes, bytes.count)
        let code = written == bytes.count ? fsync(descriptor) == 0 ? 0 : errno : written < 0 ? errno : ENOSPC
        close(descriptor)
        guard code == 0 else { throw SystemError("write", new, code: code) }
        try rename(new, to: path)
    }

    /// Gives the file at `path` another name; what bore that name is gone.
    package static func rename(_ path: String, to name: String) throws(SystemError) {
        guard unsafe Glibc.rename(path, name) == 0 else { throw SystemError("rename", path, code: errno) }
    }

    /// Makes the directory at `path` and those above it; one that is there is fine.
    package static func makeDirectory(_ path: String, mode: mode_t = 0o750) throws(SystemError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/" + part
            if unsafe mkdir(made, mode) != 0 && errno != EEXIST {
                throw SystemError("mkdir", made, code: errno)
            }
        }
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError("mkdir", path, code: ENOTDIR)
        }
    }

    /// A new directory below `$TMPDIR` or /tmp that nobody else can look into.
    package static func makeTemporaryDirectory(prefix: String) throws(SystemError) -> String {
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/\(prefix)-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw SystemError("mkdtemp", parent, code: errno) }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// `path` from the root, with no link and no dot in it.
    package static func absolutePath(of path: String) throws(SystemError) -> String {
        guard let found = unsafe realpath(path, nil) else { throw SystemError("realpath", path, code: errno) }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }

    /// The names in the directory at `path`, sorted, without `.` and `..`.
    package static func names(in path: String) throws(SystemError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw SystemError("opendir", path, code: errno) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// A file that only grows, line by line; each line is one write(2), so a crash leaves whole lines.
package struct AppendedFile: ~Copyable {
    package let path: String
    private let descriptor: Int32

    /// Opens or makes the file at `path`. A last line without an end (a power cut) gets its newline first, so
    /// that what is appended is readable.
    package init(path: String, mode: mode_t = 0o640) throws(SystemError) {
        descriptor = try Self.open(path, mode)
        self.path = path
    }

    /// Appends `line` and a newline. A short write (disk full) is undone and thrown.
    package func append(_ line: String) throws(SystemError) {
        try Self.append(line, to: descriptor, path)
    }

    private static func open(_ path: String, _ mode: mode_t) throws(SystemError) -> Int32 {
        let opened = unsafe Glibc.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, mode)
        guard opened >= 0 else { throw SystemError("open", path, code: errno) }
        let size = lseek(opened, 0, SEEK_END)
        var last: UInt8 = 0x0A
        if size > 0 { _ = unsafe pread(opened, &last, 1, size - 1) }
        if last == 0x0A { return opened }
        do throws(SystemError) {
            try append("", to: opened, path)
            return opened
        } catch {
            close(opened)
            throw error
        }
    }

    private static func append(_ line: String, to descriptor: Int32, _ path: String) throws(SystemError) {
        var bytes = Array(line.utf8)
        bytes.append(0x0A)
        let before = lseek(descriptor, 0, SEEK_END)
        var done = 0
        while done < bytes.count {
            let written = unsafe bytes.withUnsafeBufferPointer {
                unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + done }, bytes.count - done)
            }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else {
                let error = written < 0 ? errno : ENOSPC
                if done > 0 { _ = ftruncate(descriptor, before) }
                throw SystemError("write", path, code: error)
            }
            done += written
        }
    }

    /// Asks the disk to keep what was appended (fdatasync(2)). May take long: never on an audio thread.
    package func synchronise() throws(SystemError) {
        guard fdatasync(descriptor) == 0 else { throw SystemError("fdatasync", path, code: errno) }
    }

    deinit { close(descriptor) }
}
