import FoundationEssentials

/// What turns audio into words.
package enum HearingEngine: Equatable, Sendable {
    /// Nothing is installed: transcripts stay empty.
    case none
    /// The reader of test signals.
    case positions
    /// `pocketsphinx_continuous` of Debian 12.
    case pocketSphinxContinuous
    /// `pocketsphinx` 5 of Debian 13.
    case pocketSphinx
    /// Any program that prints the text of a `{wav}`.
    case command(CommandTemplate)

    /// The rate all these recognisers were trained for.
    private static let engineRate = 16_000
    /// A pause shorter than this belongs to a sentence.
    private static let pauseMilliseconds = 400

    /// The installed recogniser.
    package static func installed() -> HearingEngine {
        if ChildProcess.find("pocketsphinx_continuous") != nil { return .pocketSphinxContinuous }
        if ChildProcess.find("pocketsphinx") != nil { return .pocketSphinx }
        return .none
    }

    /// How this engine wants its audio cut.
    package func style(interimWords: Bool) -> ListenSessionModel.HearingStyle {
        switch self {
        case .positions: .everySecond
        case .none: .atPauses(milliseconds: Self.pauseMilliseconds, interimWords: false)
        case .pocketSphinxContinuous, .pocketSphinx, .command:
            .atPauses(milliseconds: Self.pauseMilliseconds, interimWords: interimWords)
        }
    }

    /// The words of one job. May take seconds.
    ///
    /// Runs on: a thread that may wait.
    package func words(_ job: RecognitionJob, workshop: Workshop) throws -> [RecognisedWord] {
        switch self {
        case .none: return []
        case .positions: return PositionsReader.words(job.samples, sampleRate: job.sampleRate)
        case .pocketSphinxContinuous:
            return PocketSphinxOutput.continuous(
                try hear(job, workshop) { ["pocketsphinx_continuous", "-infile", $0, "-time", "yes"] })
        case .pocketSphinx:
            return PocketSphinxOutput.single(try hear(job, workshop) { ["pocketsphinx", "single", $0] })
        case .command(let template):
            let seconds = Double(job.samples.count) / Double(job.sampleRate)
            return RecognisedWord.spread(
                try hear(job, workshop) { template.arguments(["wav": $0]) }, over: seconds)
        }
    }

    private func hear(
        _ job: RecognitionJob, _ workshop: Workshop, arguments: (String) -> [String]
    ) throws -> String {
        let samples = try Resampling.convert(job.samples, from: job.sampleRate, to: Self.engineRate)
        let wav = WAVFile(samples: samples, sampleRate: Self.engineRate, channels: 1)
        return try workshop.withFile(containing: wav.bytes()) { path in
            String(decoding: try workshop.run(arguments(path)), as: UTF8.self)
        }
    }
}
