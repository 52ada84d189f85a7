import ControlProtocol
import Glibc
import System
import TestDevice

/// A machine with a microphone, a speaker and a daemon, all in one directory that goes with it.
final class Station {
    /// Also the key of the service; to be found nowhere.
    static let key = "canary-5f0b1c7de2a94"

    let directory: TemporaryDirectory
    let bench: DeviceBench
    /// Everything that was started.
    private(set) var children: [Child] = []

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["bench", "logs", "run"] { try Files.makeDirectory("\(directory.path)/\(name)") }
        bench = try DeviceBench(directory: directory.path + "/bench")
        try write(Self.key + "\n", to: keyPath)
    }

    deinit {
        for child in children { child.end() }
        if Programs.environment("EARPOST_TEST_KEEP") != nil { Self.keep(directory.path) }
    }

    var keyPath: String { path("key") }
    var controlPath: String { path("run/control.sock") }
    var transcriptDirectory: String { path("transcripts") }

    func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    private static func keep(_ path: String) { rename(path, path + ".kept") }

    // MARK: devices

    /// Adds the microphone `mic`: mono, 16 bits, 16 kHz.
    func addMicrophone(_ source: TestDevice.DeviceDescription.Source) throws -> DeviceControl {
        try bench.add(
            TestDevice.DeviceDescription("mic").with {
                $0.source = source
                $0.formats = [.s16]
                $0.channels = [1]
                if case .file = source {} else { $0.rates = [16_000] }
            })
    }

    /// Adds the speaker `speaker`: mono, 16 bits, 16 kHz. What it plays is in `spoken.wav`.
    func addSpeaker() throws -> DeviceControl {
        try bench.add(
            TestDevice.DeviceDescription("speaker").with {
                $0.formats = [.s16]
                $0.channels = [1]
                $0.rates = [16_000]
                $0.outfile = path("spoken.wav")
            })
    }

    // MARK: programs

    func start(
        _ program: String, _ arguments: [String], environment: [(name: String, value: String)] = []
    ) throws -> Child {
        let child = try Child(
            program, arguments, environment: bench.environment + environment, logs: path("logs"))
        children.append(child)
        return child
    }

    /// Runs a program to its end.
    func run(_ program: String, _ arguments: [String], seconds: Int = 30) throws -> Child {
        let child = try start(program, arguments)
        try child.wait(seconds: seconds)
        return child
    }

    /// Starts the daemon with `settings` over those every test needs, as TOML writes them.
    func startDaemon(
        _ settings: [String: String], environment: [(name: String, value: String)] = []
    ) throws -> Child {
        let configuration = try configure(settings)
        return try start(
            Programs.built("earpostd"), ["--config", configuration], environment: environment)
    }

    /// Writes the configuration and returns its path.
    func configure(_ settings: [String: String], name: String = "earpost.toml") throws -> String {
        // Buffers that a busy machine does not overrun.
        var all = [
            "auth.key_file": "\"\(keyPath)\"",
            "capture.device": "\"mic\"", "capture.buffer_ms": "2000", "capture.realtime_priority": "0",
            "playback.device": "\"none\"", "playback.buffer_ms": "1000", "playback.realtime_priority": "0",
            "transcript.directory": "\"\(transcriptDirectory)\"",
            "journal.directory": "\"\(path("journal"))\"",
            "journal.ram_file": "\"\(path("run/journal.ring"))\"",
            "control.socket": "\"\(controlPath)\"", "observe.socket": "\"\(path("run/observe.sock"))\"",
            "log.level": "\"debug\"",
        ]
        all.merge(settings) { $1 }
        let lines = all.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }
        try write(lines.joined(), to: path(name))
        return path(name)
    }

    /// A client of the daemon, as soon as it serves.
    func connect(to daemon: Child) throws -> ControlClient {
        try waitFor("the daemon's socket") {
            guard daemon.isRunning else { throw Failure("the daemon ended: \(daemon.errors)") }
            return try? ControlClient(path: controlPath)
        }
    }

    /// Runs the operator's tool on the control socket.
    func tool(_ arguments: String...) throws -> Child {
        try run(Programs.built("earpost"), arguments + ["--socket", controlPath])
    }

    /// Ends the daemon as the service manager does; returns the transcript it leaves.
    func stop(_ daemon: Child) throws -> TranscriptText {
        daemon.signal(SIGTERM)
        // What waits is sent first, hardly faster than it was captured.
        let status = try daemon.wait(seconds: 60)
        guard status == 0 else { throw Failure("the daemon ended with \(status): \(daemon.errors)") }
        return try transcript()
    }

    /// The transcript as it is now; there must be one.
    func transcript() throws -> TranscriptText {
        let found = try transcripts()
        guard let first = found.first, found.count == 1 else { throw Failure("\(found.count) transcripts") }
        return first
    }

    /// All transcripts as they are now, by name.
    func transcripts() throws -> [TranscriptText] {
        try Files.names(in: transcriptDirectory).filter { $0.hasSuffix(".jsonl") }.map {
            try TranscriptText(try Files.read("\(transcriptDirectory)/\($0)", limit: 1 << 26))
        }
    }
}
