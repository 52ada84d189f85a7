import Glibc
import System

/// A program started by a test. It, and what it started, ends with this object.
final class Child {
    let name: String
    /// What it has written so far to standard output and standard error.
    var output: String { text(of: outputPath) }
    var errors: String { text(of: errorPath) }

    private let pid: pid_t
    private let outputPath: String
    private let errorPath: String
    private var status: Int32?

    /// Starts `program` in a process group of its own, without the variables that configure Earpost but with
    /// `environment`. What it writes is kept in the directory `logs`, if there is one.
    init(
        _ program: String, _ arguments: [String], environment: [(name: String, value: String)] = [],
        logs: String? = nil
    ) throws {
        let name = String(program.split(separator: "/").last ?? "")
        self.name = name
        let base = logs.map { "\($0)/\(name)-\(Clocks.monotonic)" }
        outputPath = base.map { $0 + ".out" } ?? "/dev/null"
        errorPath = base.map { $0 + ".err" } ?? "/dev/null"
        pid = try Self.spawn(
            [program] + arguments,
            // What is given goes before what is inherited; other suites of this process set variables, too.
            environment: Environment.all.filter { inherited in
                !inherited.0.hasPrefix("EARPOST_") && !environment.contains { $0.name == inherited.0 }
            }.map { "\($0.0)=\($0.1)" } + environment.map { "\($0.name)=\($0.value)" },
            output: outputPath, errors: errorPath)
    }

    deinit { end() }

    private static func spawn(
        _ arguments: [String], environment: [String], output: String, errors: String
    ) throws -> pid_t {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, 1, output, flags, 0o600)
        posix_spawn_file_actions_addopen(&files, 2, errors, flags, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, arguments[0], &files, &attributes, argv, envp)
        guard error == 0 else {
            throw Failure("\(arguments[0]) does not start: \(SystemError.text(of: error))")
        }
        return pid
    }

    /// Whether it has not ended yet.
    var isRunning: Bool {
        if status == nil {
            var raw: Int32 = 0
            if waitpid(pid, &raw, WNOHANG) == pid {
                // As a shell tells it: 128 and the signal.
                status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
            }
        }
        return status == nil
    }

    /// Its exit status; 128 and the signal where one ended it.
    @discardableResult
    func wait(seconds: Int = 30) throws -> Int32 {
        try waitFor("the end of \(name)", seconds: seconds) { isRunning ? nil : status }
    }

    /// Sends it a signal.
    func signal(_ number: Int32) {
        if isRunning { kill(pid, number) }
    }

    /// Ends it and everything it started.
    func end() {
        guard isRunning else { return }
        kill(-pid, SIGKILL)
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) == -1 && errno == EINTR {}
        status = 128 + SIGKILL
    }

    private func text(of path: String) -> String {
        (try? Files.read(path, limit: 1 << 26)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
