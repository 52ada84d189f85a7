// swift-tools-version: 6.2
import PackageDescription

/// Applied to every Swift target. Nothing opts out quietly.
let common: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]
/// Applied to all that ships. Tests do without: what exit tests expand to is not strictly memory-safe.
let house = common + [.strictMemorySafety()]

func module(_ name: String, uses: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: uses, swiftSettings: house)
}

func program(_ name: String, uses: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: uses, swiftSettings: house)
}

func tests(_ name: String, uses: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: uses, swiftSettings: common)
}

/// A C target: the headers of one library of the system, and shims for what Swift cannot import.
func boundary(_ name: String, links library: String? = nil) -> Target {
    .target(name: name, linkerSettings: library.map { [.linkedLibrary($0)] } ?? [])
}

/// `EARPOST_CORE=1` leaves out everything that needs a package: what remains builds and tests in
/// seconds, and is what the sanitizers run on.
let coreOnly = Context.environment["EARPOST_CORE"] != nil

let package = Package(name: "earpost")

package.products = [
    // The name is libasound's rule: the plug-in for `type earpost` is libasound_module_pcm_earpost.so.
    .library(name: "asound_module_pcm_earpost", type: .dynamic, targets: ["CTestDevice"]),
]

package.targets = [
    // MARK: vocabulary
    module("Audio"),
    module("Timeline", uses: ["Audio"]),
    module("Crossing", uses: ["CSys", "Timeline", "Audio"]),

    // MARK: boundary
    boundary("CSys"),
    module("System", uses: ["CSys"]),
    boundary("CALSA", links: "asound"),
    module("ALSA", uses: ["CALSA", "Audio"]),
    boundary("COpus", links: "opus"),
    module("OpusCodec", uses: ["COpus", "Audio"]),
    boundary("CSpeexDSP", links: "speexdsp"),
    module("SignalChain", uses: ["CSpeexDSP", "Audio"]),

    // MARK: pure
    module("SpeechProtocol", uses: ["Audio", "Timeline"]),
    module("Transcript", uses: ["Audio", "Timeline"]),
    module("Liveness", uses: ["Audio", "Timeline"]),
    module("ControlProtocol"),

    // MARK: stages
    module("DeviceRecovery", uses: ["ALSA", "Crossing", "Audio"]),
    module("Capture", uses: ["DeviceRecovery", "ALSA", "Crossing", "Timeline", "Audio"]),
    module("Uplink", uses: ["OpusCodec", "SignalChain", "Crossing", "Timeline", "Audio"]),
    module("Journal", uses: ["System", "Crossing", "Timeline", "Audio"]),
    module("Downlink", uses: ["SignalChain", "Crossing", "Timeline", "Audio"]),
    module("Playback", uses: ["DeviceRecovery", "ALSA", "Crossing", "Timeline", "Audio"]),

    // MARK: faces
    module("DeviceReport", uses: ["ALSA", "ControlProtocol", "Audio"]),

    // MARK: test device
    boundary("CTestDevice", links: "asound"),
    module("TestDevice", uses: ["CTestDevice"]),

    // MARK: tests
    tests("AudioTests", uses: ["Audio", "Timeline"]),
    tests("CrossingTests", uses: ["Crossing", "System", "Timeline", "Audio"]),
    tests("SystemTests", uses: ["System"]),
    tests("ALSATests", uses: ["ALSA", "CALSA", "Audio", "TestDevice"]),
    tests("OpusCodecTests", uses: ["OpusCodec", "SignalChain", "Liveness", "Timeline", "Audio"]),
    tests("SpeechProtocolTests", uses: ["SpeechProtocol", "Timeline", "Audio"]),
    tests("TranscriptTests", uses: ["Transcript", "Timeline", "Audio"]),
    tests("LivenessTests", uses: ["Liveness", "Timeline", "Audio"]),
    tests("ControlProtocolTests", uses: ["ControlProtocol"]),
    tests("StageTests", uses: [
        "Capture", "Uplink", "Downlink", "Playback", "DeviceRecovery", "ALSA", "OpusCodec",
        "SignalChain", "Crossing", "Timeline", "Audio", "System", "TestDevice",
    ]),
    tests("JournalTests", uses: ["Journal", "System", "Crossing", "Timeline", "Audio"]),
    // Runs the programs: of this build, or those in the directory EARPOST_PROGRAMS names.
    tests("EndToEndTests", uses: ["TestDevice", "ControlProtocol", "System"]),
    tests("HouseRules", uses: []),
]

if !coreOnly {
    let nio: [Target.Dependency] = [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
    ]
    let tls: [Target.Dependency] = [.product(name: "NIOSSL", package: "swift-nio-ssl")]
    let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
    let arguments: Target.Dependency = .product(
        name: "ArgumentParser", package: "swift-argument-parser")

    package.dependencies = [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ]
    package.targets += [
        // MARK: at the rim
        module("Configuration", uses: [
            "SpeechProtocol", "Audio", .product(name: "TOMLKit", package: "TOMLKit"),
        ]),
        module("SpeechLink", uses: ["SpeechProtocol", "Crossing", "Timeline", "Audio", logging] + nio + tls),
        module("Control", uses: ["ControlProtocol", logging] + nio),
        module("LocalSpeech", uses: ["COpus", "CSpeexDSP", logging] + nio + tls),

        // MARK: root
        module("Agent", uses: [
            "Capture", "Uplink", "Journal", "SpeechLink", "Downlink", "Playback", "Transcript", "Liveness",
            "Control",
            "ControlProtocol", "Configuration", "SpeechProtocol", "DeviceRecovery", "DeviceReport", "ALSA",
            "OpusCodec", "SignalChain", "System", "Crossing", "Timeline", "Audio", logging,
        ] + nio),

        // MARK: programs
        program("earpostd", uses: ["Agent", "Configuration", "System", logging]),
        program("earpost", uses: [
            "ControlProtocol", "Configuration", "DeviceReport", "ALSA", "Audio", "System", "TestDevice",
            arguments,
        ]),
        program("earpost-local", uses: ["LocalSpeech", arguments, logging]),

        // MARK: tests
        tests("ConfigurationTests", uses: ["Configuration", "SpeechProtocol", "Audio"]),
        tests("SpeechLinkTests", uses: [
            "SpeechLink", "SpeechProtocol", "LocalSpeech", "Journal", "Crossing", "Timeline", "Audio",
        ] + nio + tls),
        tests("ControlTests", uses: ["Control", "ControlProtocol"] + nio),
        tests("LocalSpeechTests", uses: ["LocalSpeech", "COpus", logging] + nio + tls),
        // The agent's own parts in virtual time: NIO's embedded loop, a simulated network and service.
        tests("SimulationTests", uses: [
            "Agent", "Configuration", "ControlProtocol", "Crossing", "Journal", "SpeechLink",
            "SpeechProtocol", "System", "Transcript", "Timeline", "Audio", logging,
            .product(name: "NIOEmbedded", package: "swift-nio"),
        ] + nio),
    ]
    package.products += [
        .executable(name: "earpostd", targets: ["earpostd"]),
        .executable(name: "earpost", targets: ["earpost"]),
        .executable(name: "earpost-local", targets: ["earpost-local"]),
    ]
}
