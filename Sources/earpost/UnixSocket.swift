import Glibc

/// A blocking connection to a Unix stream socket. Closed when it goes out of use.
///
/// Each `unsafe` lends a value's memory to the system for the time of one call.
struct UnixSocket: ~Copyable {
    private let descriptor: CInt

    /// Connects to `path`; throws the errno where that fails.
    init(path: String) throws(SocketFailure) {
        var address = sockaddr_un()
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw SocketFailure(code: ENAMETOOLONG) }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketFailure(code: errno) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            _ = Glibc.close(descriptor)
            throw SocketFailure(code: code)
        }
        self.descriptor = descriptor
    }

    deinit { _ = Glibc.close(descriptor) }

    /// A read that brings nothing for so long fails with `EAGAIN`; 0: it waits forever.
    func setReadTimeout(seconds: Int) throws(SocketFailure) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size) == 0 else {
            throw SocketFailure(code: errno)
        }
    }

    func write(_ bytes: [UInt8]) throws(SocketFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw SocketFailure(code: errno)
            }
        }
    }

    /// What has come, at most 64 KiB; empty at the end of the connection.
    func read() throws(SocketFailure) -> [UInt8] {
        while true {
            var code: CInt = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                let result = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                code = result < 0 ? errno : 0
                count = max(0, result)
            }
            if code == 0 { return bytes }
            if code != EINTR { throw SocketFailure(code: code) }
        }
    }
}

/// A call on a socket failed.
struct SocketFailure: Error {
    /// The errno.
    let code: CInt

    /// What the system says of it.
    var reason: String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
