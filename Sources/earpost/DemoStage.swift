import Glibc
import System
import TestDevice

/// Where a demo happens: a directory, a speech service of its own and a daemon, all on this machine.
struct DemoStage: ~Copyable {
    let directory: String
    let socket: String
    private let service: ChildProcess
    private let daemon: ChildProcess

    /// What the demo hears and speaks through.
    struct Devices {
        var microphone: String
        var speaker: String
        /// What the daemon needs to find them.
        var environment: [(name: String, value: String)] = []
    }

    private init(
        directory: String, socket: String, service: consuming ChildProcess, daemon: consuming ChildProcess
    ) {
        self.directory = directory
        self.socket = socket
        self.service = service
        self.daemon = daemon
    }

    /// Starts both programs; returns when the daemon's socket is there.
    static func start(
        directory: String, devices: Devices, interruption: Interruption
    ) throws(ToolError) -> DemoStage {
        let port = directory + "/port"
        let socket = directory + "/control.sock"
        let service = try launch(
            ["earpost-local", "--port", "0", "--port-file", port, "--interim-words"], Environment.all,
            log: directory + "/service.log")
        let number = try awaitFile(
            port, of: service, log: directory + "/service.log", interruption)
        let configuration = configuration(directory, port: number.filter(\.isNumber), devices)
        try write(configuration, to: directory + "/earpost.toml")
        try write("demo-key\n", to: directory + "/key")
        let replaced = Set(devices.environment.map(\.name) + ["NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY"])
        let inherited = Environment.all.filter {
            !$0.0.hasPrefix("EARPOST_") && !replaced.contains($0.0)
        }
        let daemon = try launch(
            ["earpostd", "--config", directory + "/earpost.toml"],
            inherited + devices.environment.map { ($0.name, $0.value) }, log: directory + "/daemon.log")
        // Its file is made under another name first and is there once it listens.
        _ = try awaitFile(socket, of: daemon, log: directory + "/daemon.log", interruption, read: false)
        return DemoStage(directory: directory, socket: socket, service: service, daemon: daemon)
    }

    /// Ends both in order; true if the daemon ended well.
    consuming func end() -> Bool {
        daemon.terminate()
        let status = daemon.wait(seconds: 30)
        service.terminate()
        _ = service.wait(seconds: 5)
        return status == 0
    }

    private static func configuration(_ directory: String, port: String, _ devices: Devices) -> String {
        func quoted(_ text: String) -> String {
            let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }
            return "\"\(escaped.joined())\""
        }
        return """
            listen.url = "ws://127.0.0.1:\(port)/v1/listen"
            speak.url = "ws://127.0.0.1:\(port)/v1/speak"
            auth.key_file = \(quoted(directory + "/key"))
            capture.device = \(quoted(devices.microphone))
            playback.device = \(quoted(devices.speaker))
            transcript.directory = \(quoted(directory + "/transcripts"))
            journal.directory = \(quoted(directory + "/journal"))
            journal.ram_file = \(quoted(directory + "/journal.ring"))
            control.socket = \(quoted(directory + "/control.sock"))
            observe.socket = \(quoted(directory + "/observe.sock"))

            """
    }

    /// The program of this name beside this one, else the installed one.
    private static func launch(
        _ arguments: [String], _ environment: [(String, String)], log: String
    ) throws(ToolError) -> ChildProcess {
        var arguments = arguments
        let beside = ownDirectory + "/" + arguments[0]
        if unsafe access(beside, X_OK) == 0 { arguments[0] = beside }
        do throws(SystemError) {
            return try ChildProcess(
                arguments, environment: environment.map { (name: $0.0, value: $0.1) }, log: log)
        } catch {
            throw ToolError(
                .unavailable, "\(error)", remedy: "Build it first: swift build, or run Scripts/demo.")
        }
    }

    private static func awaitFile(
        _ path: String, of process: borrowing ChildProcess, log: String, _ interruption: Interruption,
        read: Bool = true
    ) throws(ToolError) -> String {
        for _ in 0..<1_000 {
            try interruption.check()
            if unsafe access(path, F_OK) == 0 {
                guard read else { return "" }
                let text = try FileSystem.text(of: path, limit: 100)
                if !text.isEmpty { return text }
            }
            if let status = process.poll() {
                let words = (try? FileSystem.text(of: log, limit: 65_536)) ?? ""
                throw ToolError(.software, "a program of the demo ended with status \(status):\n\(words)")
            }
            usleep(20_000)
        }
        throw ToolError(.software, "a program of the demo does not start; see \(log)")
    }

    static func write(_ text: String, to path: String) throws(ToolError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ToolError(.software, "\(path): \(SystemError.text(of: errno))") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw ToolError(.software, "\(path): \(SystemError.text(of: errno))")
        }
    }

    /// Where this program lies.
    private static var ownDirectory: String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }
}
