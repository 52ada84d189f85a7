/// What turns text into audio.
package enum SpeakingEngine: Equatable, Sendable {
    /// Nothing is installed: answers are silent, with a warning.
    case none
    /// A 440 Hz tone of 50 ms per character.
    case tone
    /// 50 ms per character, each sample its predecessor plus one; goes on through the whole connection.
    case ramp
    /// `flite` with its voice `slt`.
    case flite
    /// Any program that makes a WAV file `{wav}` (or prints it) of a `{text}`.
    case command(CommandTemplate)

    private static let millisecondsPerCharacter = 50

    /// The installed voice.
    package static func installed() -> SpeakingEngine {
        ChildProcess.find("flite") != nil ? .flite : .none
    }

    /// The audio of `text`, mono at `sampleRate`.
    ///
    /// Runs on: a thread that may wait.
    /// - Parameter position: Samples this connection has made so far: where a ramp goes on.
    package func samples(_ text: String, sampleRate: Int, position: Int, workshop: Workshop) throws -> [Int16]
    {
        let length = text.count * sampleRate * Self.millisecondsPerCharacter / 1000
        switch self {
        case .none: return []
        case .tone:
            return (0..<length).map { index in
                Int16(8000 * Cosine.value(440 * Double(index) / Double(sampleRate) - 0.25))
            }
        case .ramp: return (0..<length).map { Int16(truncatingIfNeeded: position + $0) }
        case .flite:
            return try speak(sampleRate, workshop) { ["flite", "-voice", "slt", "-t", text, "-o", $0] }
        case .command(let template):
            return try speak(sampleRate, workshop) { template.arguments(["text": text, "wav": $0]) }
        }
    }

    /// What came out of the program was no WAV file.
    package struct NotAWAVFile: Error, Equatable {}

    private func speak(
        _ sampleRate: Int, _ workshop: Workshop, arguments: (String) -> [String]
    ) throws -> [Int16] {
        let bytes = try workshop.withFile(containing: []) { path in
            let printed = try workshop.run(arguments(path))
            let written = try workshop.contents(path)
            return written.isEmpty ? printed : written
        }
        guard let wav = WAVFile(bytes: bytes) else { throw NotAWAVFile() }
        return try Resampling.convert(wav.firstChannel(), from: wav.sampleRate, to: sampleRate)
    }
}
