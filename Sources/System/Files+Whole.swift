import Glibc

/// Files that are written in place, and directories: what a spool needs. Every call may wait for the disk.
extension Files {
    /// Writes all of `bytes` at `offset` of the file at `path`. `creating`: the file must not be there yet.
    /// `synchronise` asks the disk to keep it (fdatasync(2)) before this returns.
    ///
    /// A short write is thrown as `ENOSPC`; what was written up to then stays.
    package static func write(
        _ bytes: [UInt8], to path: String, at offset: Int, creating: Bool, mode: mode_t = 0o600,
        synchronise: Bool
    ) throws(SystemError) {
        let flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (creating ? O_CREAT | O_EXCL : 0)
        let descriptor = unsafe open(path, flags, mode)
        guard descriptor >= 0 else { throw SystemError("open", path, code: errno) }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let written = unsafe bytes.withUnsafeBytes {
                unsafe pwrite(
                    descriptor, $0.baseAddress.map { unsafe $0 + done }, $0.count - done, off_t(offset + done)
                )
            }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else {
                throw SystemError("write", path, code: written < 0 ? errno : ENOSPC)
            }
            done += written
        }
        guard synchronise else { return }
        guard fdatasync(descriptor) == 0 else { throw SystemError("fdatasync", path, code: errno) }
    }

    /// Cuts the file at `path` to `bytes`.
    package static func truncate(_ path: String, to bytes: Int, synchronise: Bool) throws(SystemError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SystemError("open", path, code: errno) }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(bytes)) == 0 else {
            throw SystemError("ftruncate", path, code: errno)
        }
        guard !synchronise || fdatasync(descriptor) == 0 else {
            throw SystemError("fdatasync", path, code: errno)
        }
    }

    /// Asks the disk to keep the file, or the names in the directory, at `path` (fsync(2)).
    package static func synchronise(_ path: String) throws(SystemError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SystemError("open", path, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemError("fsync", path, code: errno) }
    }

    /// Removes the file at `path`; one that is not there is fine.
    package static func remove(_ path: String) throws(SystemError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw SystemError("unlink", path, code: errno)
        }
    }

    /// Removes the empty directory at `path`; one that is not there is fine.
    package static func removeDirectory(_ path: String) throws(SystemError) {
        guard unsafe rmdir(path) == 0 || errno == ENOENT else {
            throw SystemError("rmdir", path, code: errno)
        }
    }

    /// Whether a directory, and no link to one, is at `path`.
    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
