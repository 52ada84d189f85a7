import FoundationEssentials
import Glibc

/// Runs external programs and gives their standard output.
///
/// Runs on: a thread that may wait, never an event loop. Each program is a process group of its own, started
/// with `posix_spawnp`, with no input, an empty signal mask and its errors discarded. Descriptors of this
/// process must be close-on-exec: the C library's way to close them all in the child is not visible to Swift.
package struct ChildProcess: Sendable {
    /// Why a program did not do what it was started for.
    package enum Failure: Error, Equatable {
        /// The program could not be started (`errno`); install it.
        case notStarted(program: String, code: Int32)
        /// It ended with this status, or by a signal (128 + number).
        case failed(program: String, status: Int32)
        /// It ran too long, or printed too much, and was killed.
        case overran(program: String)
        /// The service is stopping; it was killed.
        case stopped
    }

    private static let outputLimit = 32 << 20

    /// The reading end of a pipe that becomes ready when everything must stop.
    private let stopDescriptor: CInt

    package init(stopDescriptor: CInt) { self.stopDescriptor = stopDescriptor }

    /// Starts `arguments[0]` (looked up in `PATH`), waits for its end and returns what it printed.
    package func run(_ arguments: [String], within limit: Duration) throws(Failure) -> [UInt8] {
        let program = arguments.first ?? ""
        var ends: [CInt] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .notStarted(program: program, code: errno) }
        let (reading, writing) = (ends[0], ends[1])
        defer { _ = close(reading) }
        // Neither end may leak into a child that another thread starts meanwhile; the copy made for this one
        // may.
        _ = fcntl(reading, F_SETFD, FD_CLOEXEC)
        _ = fcntl(writing, F_SETFD, FD_CLOEXEC)

        let process: pid_t
        do {
            defer { _ = close(writing) }
            process = try spawn(arguments, output: writing)
        }
        let collected = collect(reading, until: ContinuousClock.now.advanced(by: limit))
        if collected.verdict != .ended { _ = kill(-process, SIGKILL) }
        var status: CInt = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        switch collected.verdict {
        case .stopped: throw .stopped
        case .overran: throw .overran(program: program)
        case .ended: break
        }
        let signal = status & 0x7f
        let code = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        guard code == 0 else { throw .failed(program: program, status: code) }
        return collected.bytes
    }

    /// The path of `program` in `PATH`, or `nil`.
    package static func find(_ program: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private enum Verdict { case ended, overran, stopped }

    private func collect(_ descriptor: CInt, until deadline: ContinuousClock.Instant) -> (
        bytes: [UInt8], verdict: Verdict
    ) {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            var watched = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: stopDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            let left = deadline - .now
            guard left > .zero, bytes.count <= Self.outputLimit else { return (bytes, .overran) }
            let milliseconds = CInt(clamping: left.components.seconds &* 1000 + 1000)
            let ready = unsafe poll(&watched, 2, milliseconds)
            if ready < 0, errno != EINTR { return (bytes, .overran) }
            if watched[1].revents != 0 { return (bytes, .stopped) }
            guard watched[0].revents != 0 else { continue }
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count == 0 { return (bytes, .ended) }
            if count > 0 { bytes += chunk[..<count] }
        }
    }

    private func spawn(_ arguments: [String], output: CInt) throws(Failure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        unsafe posix_spawnattr_setsigmask(&attributes, &mask)
        unsafe sigfillset(&mask)
        unsafe posix_spawnattr_setsigdefault(&attributes, &mask)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        var argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var environmentPointers = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer {
            unsafe argumentPointers.forEach { unsafe free($0) }
            unsafe environmentPointers.forEach { unsafe free($0) }
        }
        var process: pid_t = 0
        let code = unsafe posix_spawnp(
            &process, arguments.first ?? "", &actions, &attributes, &argumentPointers, &environmentPointers)
        guard code == 0 else { throw .notStarted(program: arguments.first ?? "", code: code) }
        return process
    }
}
