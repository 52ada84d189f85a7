/// Who may import whom: the shape of the program. It is a comb. Stages hang side by side and know nothing of
/// one another; what they share lies below them; `Agent` alone holds them together.
///
/// A change here is a change of the architecture, and belongs into `docs/ARCHITECTURE.md` as well.
enum Comb {
    static let mayImport: [String: Set<String>] = [
        // vocabulary
        "Audio": [],
        "Timeline": ["Audio"],
        "Crossing": ["CSys", "Timeline", "Audio"],
        // boundary
        "CSys": [], "CALSA": [], "COpus": [], "CSpeexDSP": [], "CTestDevice": [],
        "System": ["CSys"],
        "ALSA": ["CALSA", "Audio"],
        "OpusCodec": ["COpus", "Audio"],
        "SignalChain": ["CSpeexDSP", "Audio"],
        "TestDevice": ["CTestDevice"],
        // pure
        "SpeechProtocol": ["Timeline", "Audio"],
        "Transcript": ["Timeline", "Audio"],
        "Liveness": ["Timeline", "Audio"],
        "ControlProtocol": [],
        "Configuration": ["SpeechProtocol", "Audio"],
        // what both device stages do after a fault
        "DeviceRecovery": ["ALSA", "Crossing", "Audio"],
        // stages
        "Capture": ["DeviceRecovery", "ALSA", "Crossing", "Timeline", "Audio"],
        "Uplink": ["OpusCodec", "SignalChain", "Crossing", "Timeline", "Audio"],
        "Journal": ["System", "Crossing", "Timeline", "Audio"],
        "SpeechLink": ["SpeechProtocol", "Crossing", "Timeline", "Audio"],
        "Downlink": ["SignalChain", "Crossing", "Timeline", "Audio"],
        "Playback": ["DeviceRecovery", "ALSA", "Crossing", "Timeline", "Audio"],
        // faces
        "Control": ["ControlProtocol"],
        "DeviceReport": ["ALSA", "ControlProtocol", "Audio"],
        "LocalSpeech": ["COpus", "CSpeexDSP"],
        // root
        "Agent": [
            "Capture", "Uplink", "Journal", "SpeechLink", "Downlink", "Playback", "Transcript", "Liveness",
            "Control",
            "ControlProtocol", "DeviceReport", "Configuration", "SpeechProtocol", "DeviceRecovery", "ALSA",
            "OpusCodec", "SignalChain", "System", "Crossing", "Timeline", "Audio",
        ],
        // programs
        "earpostd": ["Agent", "Configuration", "System"],
        "earpost": [
            "ControlProtocol", "DeviceReport", "Configuration", "ALSA", "Audio", "System", "TestDevice",
        ],
        "earpost-local": ["LocalSpeech"],
    ]

    /// Side by side: none of them imports another.
    static let stages: Set<String> = [
        "Capture", "Uplink", "Journal", "SpeechLink", "Downlink", "Playback", "Control", "LocalSpeech",
    ]

    /// Where two threads may meet: the only module with atomics, and with types that are Sendable by promise.
    static let crossing = "Crossing"

    /// Modules that may hold raw pointers and say `unsafe`, and why.
    static let rawPointers = [
        "Crossing": "rings are memory two threads share",
        "System": "calls of the kernel take addresses",
        "ALSA": "libasound hands out and takes pointers",
        "OpusCodec": "libopus keeps its state behind a pointer",
        "SignalChain": "libspeexdsp keeps its state behind a pointer",
        "TestDevice": "shares memory with the plug-in it controls",
    ]

    /// Files of other modules that may do the same, and why. What these need of the system is theirs alone,
    /// or their module may import no boundary module.
    static let unsafeFiles = [
        "Sources/Agent/ServiceAccess.swift": "asks stat(2) who may read the key",
        "Sources/Agent/SessionName.swift": "asks for the host's name",
        "Sources/Configuration/ConfigurationFile.swift": "reads the file without waiting for a pipe",
        "Sources/Control/SocketFile.swift": "makes, moves and removes the socket's file",
        "Sources/Journal/SpoolBatch.swift": "copies payloads out of the ring, and hands them on as spans",
        "Sources/LocalSpeech/Audio/OpusPacketDecoder.swift": "libopus keeps its state behind a pointer",
        "Sources/LocalSpeech/Audio/Resampling.swift": "libspeexdsp keeps its state behind a pointer",
        "Sources/LocalSpeech/Engines/ChildProcess.swift": "starts and reads engines",
        "Sources/LocalSpeech/Engines/StopLine.swift": "makes the pipe that ends their waiting",
        "Sources/LocalSpeech/Serving/LocalSpeechServer+Announcement.swift": "writes one line, unbuffered",
        "Sources/LocalSpeech/Serving/RecordFile.swift": "writes a recording as it comes",
        "Sources/Uplink/PacketMaker.swift": "hands spans of samples on as bytes",
        "Sources/earpost/Console.swift": "writes to the terminal, and asks how wide it is",
        "Sources/earpost/DemoStage.swift": "looks for programs and makes a private file",
        "Sources/earpost/FileSystem.swift": "reads a file or standard input",
        "Sources/earpost/UnixSocket.swift": "connects to the daemon",
    ]
}
