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

/// Removes `path` and the files in it. What cannot be removed stays: there is nobody to tell.
func removeDirectory(_ path: String) {
    guard let directory = unsafe opendir(path) else { return }
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            unsafe String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
        }
        if name != "." && name != ".." { removeFile("\(path)/\(name)") }
    }
    unsafe closedir(directory)
    unsafe rmdir(path)
}

func removeFile(_ path: String) {
    unsafe unlink(path)
}

/// Writes `text` to `path`, with a modification time of `modifiedAt` seconds.
func writeFile(_ path: String, _ text: String, modifiedAt: Int) throws(DeviceError) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .file(path: path, errno: errno) }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let written = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard written > 0 else { throw .file(path: path, errno: errno) }
        rest = rest.dropFirst(written)
    }
    let time = timespec(tv_sec: modifiedAt, tv_nsec: 0)
    let times = [time, time]
    guard unsafe futimens(descriptor, times) == 0 else { throw .file(path: path, errno: errno) }
}
