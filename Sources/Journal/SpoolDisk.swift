import System

/// The file system as the spool uses it. Paths are below the spool's directory: a session's name, or a
/// session's name and a segment's.
///
/// Every call may wait for the disk.
package protocol SpoolDisk: AnyObject {
    /// The names in the directory at `path`, "" for the spool's own; one that is not there is empty.
    func names(in path: String) throws(SystemError) -> [String]
    func isDirectory(_ path: String) -> Bool
    func makeDirectory(_ path: String) throws(SystemError)
    func read(_ path: String) throws(SystemError) -> [UInt8]
    /// Writes all of `bytes`; `creating` makes the file, which must not be there.
    func write(
        _ bytes: [UInt8], to path: String, at offset: Int, creating: Bool, synchronise: Bool
    ) throws(SystemError)
    func truncate(_ path: String, to bytes: Int) throws(SystemError)
    func synchronise(_ path: String) throws(SystemError)
    func remove(_ path: String) throws(SystemError)
    func removeDirectory(_ path: String) throws(SystemError)
}

/// The real one. Directories are made with mode 0700, files with 0600.
package final class FileDisk: SpoolDisk {
    /// Larger than any segment.
    private static let readMax = 16 << 20

    package let directory: String

    package init(directory: String) { self.directory = directory }

    package func names(in path: String) throws(SystemError) -> [String] {
        do throws(SystemError) {
            return try Files.names(in: full(path))
        } catch {
            if error.isMissing { return [] }
            throw error
        }
    }

    package func isDirectory(_ path: String) -> Bool { Files.isDirectory(full(path)) }

    package func makeDirectory(_ path: String) throws(SystemError) {
        try Files.makeDirectory(full(path), mode: 0o700)
    }

    package func read(_ path: String) throws(SystemError) -> [UInt8] {
        try Files.read(full(path), limit: Self.readMax)
    }

    package func write(
        _ bytes: [UInt8], to path: String, at offset: Int, creating: Bool, synchronise: Bool
    ) throws(SystemError) {
        try Files.write(bytes, to: full(path), at: offset, creating: creating, synchronise: synchronise)
    }

    package func truncate(_ path: String, to bytes: Int) throws(SystemError) {
        try Files.truncate(full(path), to: bytes, synchronise: true)
    }

    package func synchronise(_ path: String) throws(SystemError) { try Files.synchronise(full(path)) }
    package func remove(_ path: String) throws(SystemError) { try Files.remove(full(path)) }

    package func removeDirectory(_ path: String) throws(SystemError) {
        try Files.removeDirectory(full(path))
    }

    private func full(_ path: String) -> String { path.isEmpty ? directory : "\(directory)/\(path)" }
}
