import Glibc

/// The few calls on the file system a Unix socket needs.
///
/// Each `unsafe` here lends a Swift string to the C library for the time of one call.
enum SocketFile {
    /// `sun_path` has 108 bytes with its terminator; the socket is born under a name longer by `newborn`.
    static let pathBytesMax = 107 - newborn.utf8.count

    /// A socket gets its mode under this name and is then renamed: nobody meets it half made.
    static let newborn = ".new"

    static func prepare(_ path: String) throws(ControlServerError) {
        guard path.utf8.count <= pathBytesMax else { throw .pathTooLong(path: path, max: pathBytesMax) }
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            let directory = String(path[..<slash])
            if unsafe mkdir(directory, 0o755) != 0, errno != EEXIST {
                throw .refused(operation: "mkdir", path: directory, code: errno)
            }
        }
        _ = unsafe unlink(path + newborn)
    }

    /// Gives the newborn socket its mode and its name, in the place of a dead one.
    static func install(_ path: String, mode: UInt32) throws(ControlServerError) {
        if unsafe chmod(path + newborn, mode) != 0 {
            throw .refused(operation: "chmod", path: path, code: errno)
        }
        if unsafe rename(path + newborn, path) != 0 {
            throw .refused(operation: "rename", path: path, code: errno)
        }
    }

    static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    static func remove(_ path: String) { _ = unsafe unlink(path) }

    /// What the system says of an errno.
    static func reason(of code: CInt) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
