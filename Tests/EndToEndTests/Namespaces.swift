import Glibc
import System

/// Namespaces of the calling thread alone; programs it starts live in them, too.
enum Namespaces {
    /// It is not permitted here, or the system has none.
    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    /// A network of its own, with nothing in it but its loopback device.
    static func enterNetwork(_ station: Station) throws {
        try unshare(0x4000_0000, "network")
        try run(station, "ip", "iproute2", ["link", "set", "lo", "up"])
    }

    /// A tree of files of its own, in which the file at `path` is another one.
    static func enterFiles(_ station: Station, replacing files: [(path: String, by: String)]) throws {
        try unshare(0x0002_0000, "mount")
        try run(station, "mount", "mount", ["--make-rprivate", "/"])
        for file in files { try run(station, "mount", "mount", ["--bind", file.by, file.path]) }
    }

    /// Drops every packet of the loopback device, or no longer.
    static func setSilence(_ isSilent: Bool, _ station: Station) throws {
        // No packet fits into a queue of one byte.
        let queue =
            isSilent ? ["add", "dev", "lo", "root", "bfifo", "limit", "1"] : ["del", "dev", "lo", "root"]
        try run(station, "tc", "iproute2", ["qdisc"] + queue)
    }

    /// Swift's Glibc lacks unshare(2).
    private static func unshare(_ flags: Int32, _ what: String) throws {
        typealias Unshare = @convention(c) (Int32) -> Int32
        guard let symbol = dlsym(nil, "unshare") else { throw Refused(description: "there is no unshare") }
        guard unsafeBitCast(symbol, to: Unshare.self)(flags) == 0 else {
            throw Refused(
                description: "needs a \(what) namespace of its own, as root has it: "
                    + SystemError.text(of: errno))
        }
    }

    private static func run(
        _ station: Station, _ name: String, _ package: String, _ arguments: [String]
    ) throws {
        // Not in everybody's PATH.
        let known = ["/usr/sbin/", "/sbin/"].map { $0 + name }.first { access($0, X_OK) == 0 }
        let child = try station.run(known ?? Programs.installed(name, package: package), arguments)
        guard try child.wait() == 0 else {
            throw Refused(description: "\(name) \(arguments.joined(separator: " ")): \(child.errors)")
        }
    }
}

/// Accepts TCP connections, as the kernel does, and never says a word.
final class SilentListener {
    private let descriptor: Int32

    init(port: Int) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket", code: errno) }
        self.descriptor = descriptor
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 64) == 0 else {
            throw SystemError("listen", "port \(port)", code: errno)
        }
    }

    /// Ends the connections nobody took with a reset.
    deinit { close(descriptor) }
}
