import Glibc

/// A file that grows at its end. Errors end the recording, never the service: what cannot be written is left
/// out.
///
/// Runs on: whichever single thread its owner gives the calls to.
struct RecordFile: Sendable {
    private let descriptor: CInt

    /// - Returns: `nil` if the file exists already or cannot be made.
    init?(creating path: String) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return nil }
    }

    func append(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let rest = Array(bytes[sent...])
            let count = unsafe write(descriptor, rest, rest.count)
            if count > 0 { sent += count }
            if count < 0, errno != EINTR { return }
        }
    }

    /// Puts `bytes` over the beginning.
    func rewriteStart(_ bytes: [UInt8]) { _ = unsafe pwrite(descriptor, bytes, bytes.count, 0) }

    func close() { _ = Glibc.close(descriptor) }
}
