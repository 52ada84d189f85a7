import ArgumentParser
import ControlProtocol
import Glibc
import System
import TestDevice

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "The whole loop on this machine: no hardware, no key, no network.",
        discussion: """
            Starts a speech service and a daemon of its own, lets the daemon hear speech through a test \
            sound card, shows the transcript as it appears, and has an answer spoken. What was played is \
            kept as a WAV file.
            """)

    @Flag(help: "Hear the real microphone and speak through the real speaker.")
    var live = false

    @Option(help: ArgumentHelp("With --live: the ALSA name of the microphone.", valueName: "pcm"))
    var microphone = "default"

    @Option(help: ArgumentHelp("With --live: the ALSA name of the speaker.", valueName: "pcm"))
    var speaker = "default"

    @Option(help: ArgumentHelp("With --live: seconds to listen.", valueName: "seconds"))
    var seconds = 20

    @Option(help: ArgumentHelp("What is said to the test sound card.", valueName: "text"))
    var speech = "Hello world. The quick brown fox jumps over the lazy dog."

    @Option(help: ArgumentHelp("A new directory to keep everything in.", valueName: "directory"))
    var keep: String?

    func run() throws {
        try Self.requireEngines()
        let directory = try makeDirectory()
        Console.print("Everything of this demo is in \(directory).")
        // From here on Ctrl-C ends the demo in order, and both programs with it.
        let interruption = try Interruption()
        var devices = DemoStage.Devices(microphone: microphone, speaker: speaker)
        if !live { devices = try testDevices(directory) }
        let stage = try DemoStage.start(
            directory: directory, devices: devices, interruption: interruption)
        var show = DemoShow(socket: stage.socket, interruption: interruption)
        let outcome = Result { () throws(ToolError) in
            try show.run(limitSeconds: live ? seconds : 120, live: live)
        }
        let endedWell = stage.end()
        let heard = try outcome.get()
        if !live { Console.print("What the speaker played: \(directory)/answer.wav") }
        Console.print("The transcript: \(directory)/transcripts")
        guard endedWell, !heard.isEmpty else {
            throw ToolError(
                .software, heard.isEmpty ? "nothing was understood" : "the daemon did not end well",
                remedy: "See \(directory)/daemon.log and service.log.")
        }
    }

    /// A microphone that hears synthesised speech, and a speaker that keeps what it plays.
    private func testDevices(_ directory: String) throws(ToolError) -> DemoStage.Devices {
        let path = directory + "/speech.wav"
        Console.print("Somebody says: “\(speech)”")
        try synthesise(speech, to: path)
        var microphone = DeviceDescription("microphone")
        microphone.source = .file(path)
        microphone.sourceWaits = true
        var speaker = DeviceDescription("speaker")
        speaker.outfile = directory + "/answer.wav"
        speaker.rates = [48_000]
        do throws(DeviceError) {
            let devices = directory + "/devices"
            try Self.makeDirectory(devices)
            let bench = try DeviceBench(directory: devices)
            try bench.add(microphone)
            try bench.add(speaker)
            return DemoStage.Devices(
                microphone: microphone.name, speaker: speaker.name, environment: bench.environment)
        } catch {
            throw ToolError(
                .unavailable, "\(error)",
                remedy: "Build the test sound card: swift build, or run Scripts/demo.")
        }
    }

    /// What the demo's speech service hears and speaks with.
    private static func requireEngines() throws(ToolError) {
        if !FileSystem.hasProgram("flite") {
            throw ToolError(
                .unavailable, "the demo's voice, flite, is not installed.",
                remedy: "Install it: sudo apt-get install flite")
        }
        // The first is Debian 12's, the second Debian 13's.
        if !["pocketsphinx_continuous", "pocketsphinx"].contains(where: FileSystem.hasProgram) {
            throw ToolError(
                .unavailable, "the demo's ear, pocketsphinx, is not installed.",
                remedy: "Install it: sudo apt-get install pocketsphinx pocketsphinx-en-us")
        }
    }

    private func synthesise(_ text: String, to path: String) throws(ToolError) {
        do throws(SystemError) {
            let flite = try ChildProcess(
                ["flite", "-voice", "slt", "-t", text, "-o", path],
                environment: Environment.all.map { (name: $0.0, value: $0.1) }, log: path + ".log")
            guard flite.wait(seconds: 30) == 0 else { throw SystemError("flite", path, code: EIO) }
        } catch {
            throw ToolError(.software, "\(error)")
        }
    }

    private static func makeDirectory(_ path: String) throws(DeviceError) {
        do throws(SystemError) {
            try Files.makeDirectory(path, mode: 0o700)
        } catch {
            throw .file(path: path, errno: error.code)
        }
    }

    private func makeDirectory() throws(ToolError) -> String {
        do throws(SystemError) {
            if let keep {
                try Files.makeDirectory(keep, mode: 0o700)
                return try Files.absolutePath(of: keep)
            }
            return try Files.makeTemporaryDirectory(prefix: "earpost-demo")
        } catch {
            throw ToolError(.software, "\(error)")
        }
    }
}
