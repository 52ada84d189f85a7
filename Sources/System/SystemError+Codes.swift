import Glibc

extension SystemError {
    /// No space is left: the disk, a quota, or a limit of size.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
    /// The file system is mounted read-only.
    package var isReadOnly: Bool { code == EROFS }
    /// The rights are missing.
    package var isDenied: Bool { code == EACCES || code == EPERM }
    /// The medium failed.
    package var isInputOutput: Bool { code == EIO }
    /// What was named is not there.
    package var isMissing: Bool { code == ENOENT }
}
