import Glibc

/// A new directory, in memory if the machine has /dev/shm.
func makeTemporaryDirectory() throws(DeviceError) -> String {
    var base = "/dev/shm"
    if unsafe access(base, W_OK) != 0 {
        base = "/tmp"
        if let named = unsafe getenv("TMPDIR") { base = unsafe String(cString: named) }
    }
    var template = Array((base + "/earpost-device.XXXXXX").utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw .file(path: base, errno: errno) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The names in directory `path`, without `.` and `..`; none when it cannot be read.
func fileNames(in path: String) -> [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            unsafe String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// Removes `path` and the files in it. What cannot be removed stays: there is nobody to tell.
func removeDirectory(_ path: String) {
    for name in fileNames(in: path) { removeFile("\(path)/\(name)") }
    unsafe rmdir(path)
}

func removeFile(_ path: String) {
    unsafe unlink(path)
}

func readFile(_ path: String) throws(DeviceError) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(path: path, errno: errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw .file(path: path, errno: errno) }
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes += chunk.prefix(count)
    }
}

/// Writes `text` to `path`: to a file that must not exist (`isNew`, else EEXIST), or over what there is. With
/// `modifiedAt`, the file's modification time is so many seconds.
func writeFile(
    _ path: String, _ text: String, isNew: Bool = false, modifiedAt: Int? = nil
) throws(DeviceError) {
    let disposition = isNew ? O_EXCL : O_TRUNC
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC | disposition, 0o644)
    guard descriptor >= 0 else { throw .file(path: path, errno: errno) }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let written = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard written > 0 else { throw .file(path: path, errno: errno) }
        rest = rest.dropFirst(written)
    }
    guard let modifiedAt else { return }
    let time = timespec(tv_sec: modifiedAt, tv_nsec: 0)
    let times = [time, time]
    guard unsafe futimens(descriptor, times) == 0 else { throw .file(path: path, errno: errno) }
}

/// A lock between processes and threads, held from the initialiser to `release`.
struct FileLock {
    private let descriptor: CInt

    init(path: String) throws(DeviceError) {
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .file(path: path, errno: errno) }
        guard flock(descriptor, LOCK_EX) == 0 else {
            let error = errno
            close(descriptor)
            throw .file(path: path, errno: error)
        }
    }

    func release() {
        close(descriptor)
    }
}
