import Audio
import ControlProtocol
import System
import Timeline
import Transcript

/// What is wrong with the transcript of a simulation, given what was said and what was captured. Pure but for
/// reading the file.
struct Findings {
    /// What is right in this simulation only.
    struct Expectation {
        /// Lines that say that the wall clock was set.
        var clockLines = 0
        /// Words the service may have divided; nil: as it counted itself.
        var cutWords: Int?
    }

    private(set) var complaints: [String] = []
    /// Words of the transcript, of all channels.
    private(set) var words = 0
    /// Frames of words that are missing; of words that are there twice; words nobody said, or said elsewhere.
    private(set) var lostFrames: Int64 = 0
    private(set) var repeatedFrames: Int64 = 0
    private(set) var wrongWords = 0

    private let rate: SampleRate
    private let world: World

    private struct Word: Hashable {
        let text: String
        let span: Range<Int64>
    }

    init(_ world: World, transcript path: String, _ expectation: Expectation) throws {
        self.world = world
        rate = world.uplink.shape.rate
        let lines = try Self.lines(path)
        guard case .session = lines.first, case .ledger(let ledger) = lines.last else {
            complaints.append("the transcript has \(lines.count) lines, and no first or last one")
            return
        }
        var cuts = 0
        for speech in world.service.speeches { cuts += judge(speech, lines) }
        let allowed = expectation.cutWords ?? world.service.hardCuts
        if cuts > allowed { complaints.append("\(cuts) words are cut, of which \(allowed) may be") }
        judge(gapsOf: lines)
        judge(ledger)
        let clockLines = lines.count { if case .clock = $0 { true } else { false } }
        if clockLines != expectation.clockLines {
            complaints.append("\(clockLines) clock lines instead of \(expectation.clockLines)")
        }
    }

    private static func lines(_ path: String) throws -> [TranscriptLine] {
        try Files.read(path, limit: 1 << 30).split(separator: UInt8(ascii: "\n")).map {
            try JSONLine.decode(from: $0)
        }
    }

    /// What others complain of comes first.
    mutating func add(_ complaints: [String]) { self.complaints = complaints + self.complaints }

    // MARK: words

    /// Returns how many words are shorter than they were said.
    private mutating func judge(_ speech: Speech, _ lines: [TranscriptLine]) -> Int {
        let finals = lines.compactMap { line -> FinalLine? in
            if case .final(let final) = line, final.channel == speech.channel { final } else { nil }
        }
        for (one, next) in zip(finals, finals.dropFirst())
        where next.start < one.end - 0.5 / Double(rate.hertz) {
            complaints.append("finals overlap: \(one.start)–\(one.end) and \(next.start)–\(next.end)")
            break
        }
        let written = finals.flatMap(\.words).map { word in
            Word(text: word.word, span: frame(word.start)..<max(frame(word.start), frame(word.end)))
        }
        words += written.count
        let expected = said(speech)
        compare(written, expected)
        guard written.count == expected.count else { return 0 }
        var cuts = 0
        for (word, right) in zip(written, expected) where word != right {
            cuts += 1
            let isWithin =
                right.span.lowerBound <= word.span.lowerBound && word.span.upperBound <= right.span.upperBound
            if !isWithin { wrongWords += 1 }
            if !isWithin, wrongWords == 1 { complaints.append("\(word) is not within \(right)") }
        }
        return cuts
    }

    private mutating func compare(_ written: [Word], _ expected: [Word]) {
        guard written.map(\.text) != expected.map(\.text) else { return }
        let (have, want) = (Set(written.map(\.text)), Set(expected.map(\.text)))
        let lost = expected.filter { !have.contains($0.text) }
        let strange = written.filter { !want.contains($0.text) }
        var seen: Set<String> = []
        let again = written.filter { !seen.insert($0.text).inserted }
        lostFrames += lost.reduce(0) { $0 + Int64($1.span.count) }
        repeatedFrames += again.reduce(0) { $0 + Int64($1.span.count) }
        wrongWords += strange.count
        let first = zip(written, expected).first { $0.text != $1.text }
        complaints.append(
            "\(written.count) words instead of \(expected.count): \(lost.count) missing (\(lost.prefix(3))), "
                + "\(again.count) repeated (\(again.prefix(3))), \(strange.count) never said; "
                + "first difference \(first.map { "\($0.0) for \($0.1)" } ?? "at the end")")
    }

    /// The words whose middle was captured, each as far as it was.
    private func said(_ speech: Speech) -> [Word] {
        var said: [Word] = []
        let ranges = world.uplink.captured
        var index = 0
        guard let end = ranges.last?.upperBound else { return [] }
        for slot in 0...speech.slot(of: end) {
            guard let word = speech.word(slot) else { continue }
            while index < ranges.count, ranges[index].upperBound <= word.lowerBound { index += 1 }
            let middle = (word.lowerBound + word.upperBound) / 2
            let parts = ranges[index...].prefix { $0.lowerBound < word.upperBound }.map {
                $0.clamped(to: word)
            }
            .filter { !$0.isEmpty }
            guard let first = parts.first, let last = parts.last,
                parts.contains(where: { $0.contains(middle) })
            else { continue }
            said.append(Word(text: speech.text(slot), span: first.lowerBound..<last.upperBound))
        }
        return said
    }

    private func frame(_ seconds: Double) -> Int64 { Int64((seconds * Double(rate.hertz)).rounded()) }

    // MARK: the books

    /// Each gap there was is written once, to the frame.
    private mutating func judge(gapsOf lines: [TranscriptLine]) {
        let written = lines.compactMap { line -> (cause: String, span: Range<Int64>)? in
            guard case .gap(let gap) = line else { return nil }
            return (gap.cause, frame(gap.start)..<frame(gap.end))
        }.sorted { $0.span.lowerBound < $1.span.lowerBound }
        let real = world.uplink.gaps.map { (cause: $0.cause.name, span: $0.start.frames..<$0.end.frames) }
        let (one, other) = (Self.merged(written), Self.merged(real))
        if one.map(\.span) != other.map(\.span) || one.map(\.cause) != other.map(\.cause) {
            let first = zip(one, other).first { $0.span != $1.span || $0.cause != $1.cause }
            complaints.append(
                "\(one.count) gaps are written instead of \(other.count); first difference: "
                    + "\(first.map { "\($0.0) for \($0.1)" } ?? "\(one.suffix(1)), \(other.suffix(1))")")
        }
    }

    private static func merged(
        _ gaps: [(cause: String, span: Range<Int64>)]
    ) -> [(cause: String, span: Range<Int64>)] {
        gaps.reduce(into: []) { merged, gap in
            if let last = merged.last, last.cause == gap.cause, last.span.upperBound == gap.span.lowerBound {
                merged[merged.count - 1].span = last.span.lowerBound..<gap.span.upperBound
            } else {
                merged.append(gap)
            }
        }
    }

    private mutating func judge(_ ledger: LedgerLine) {
        let dropped = ledger.dropped.values.reduce(0, +)
        let absent = ledger.absent.values.reduce(0, +)
        let overflow = world.uplink.lost[.overflow] ?? 0
        func expect(_ isRight: Bool, _ complaint: String) {
            if !isRight { complaints.append("\(complaint): \(ledger)") }
        }
        expect(ledger.captured == ledger.confirmed + ledger.pending + dropped, "the ledger is unbalanced")
        expect(ledger.elapsed == ledger.captured + absent, "elapsed is not what there was")
        expect(ledger.captured == world.uplink.capturedFrames + overflow, "captured is wrong")
        expect(ledger.pending == 0, "not everything is answered for")
        expect(dropped == overflow, "dropped is wrong")
        expect(absent + overflow == world.uplink.lost.values.reduce(0, +), "absent is wrong")
        expect(ledger.sent + overflow == ledger.captured, "not everything was sent")
    }
}
