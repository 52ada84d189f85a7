import Glibc

/// A program started by this one (posix_spawnp(3)): in a process group of its own, so that Ctrl-C at the
/// terminal reaches it through this program alone, and with no signal blocked or ignored.
package struct ChildProcess: ~Copyable {
    package let pid: pid_t

    /// Starts `arguments[0]` with `arguments`, in `environment` alone. Standard output and error go to the
    /// file `log`, made anew; standard input is empty.
    package init(_ arguments: [String], environment: [(name: String, value: String)], log: String)
        throws(SystemError)
    {
        guard let program = arguments.first else { throw SystemError("posix_spawn", code: EINVAL) }
        pid = try Self.spawn(program, arguments, environment.map { "\($0.name)=\($0.value)" }, log)
    }

    /// Asks it to end (SIGTERM).
    package func terminate() { _ = kill(pid, SIGTERM) }

    /// Its exit status once it has ended; nil while it runs. 128 and the signal's number if one killed it.
    /// Gives the status away once; afterwards, and where the system keeps none, it is `statusLost`.
    package func poll() -> Int32? {
        var status: Int32 = 0
        let found = unsafe waitpid(pid, &status, WNOHANG)
        if found < 0 && errno == ECHILD { return Self.statusLost }
        guard found == pid else { return nil }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    }

    /// Has ended, nobody knows how.
    package static let statusLost: Int32 = 255

    /// Waits for its end, at most about `seconds`; kills it then. Returns the exit status as `poll` does.
    package consuming func wait(seconds: Int) -> Int32 {
        var status = poll()
        for _ in 0..<seconds * 50 where status == nil {
            usleep(20_000)
            status = poll()
        }
        let end = status ?? reap()
        discard self
        return end
    }

    /// Whoever forgets a child ends it.
    deinit { _ = reap() }

    private func reap() -> Int32 {
        // Ended and asked for before: its number may be another's by now.
        if let status = poll() { return status }
        _ = kill(pid, SIGKILL)
        while true {
            if let status = poll() { return status }
            usleep(20_000)
        }
    }

    private static func spawn(
        _ program: String, _ arguments: [String], _ environment: [String], _ log: String
    ) throws(SystemError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var pid: pid_t = 0
        let code = unsafe withCStrings(arguments) { arguments in
            unsafe withCStrings(environment) { environment in
                unsafe posix_spawnp(&pid, program, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw SystemError("posix_spawn", program, code: code) }
        return pid
    }
}

/// Lends `strings` as a C array that ends with a null pointer.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = unsafe strings.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
        // Never empty: it holds at least the null pointer.
        guard let start = buffer.baseAddress else {
            preconditionFailure("an array with elements has an address")
        }
        return unsafe body(start)
    }
}
