import ControlProtocol
import TestDevice

/// What is wrong with what came out of an outage. Pure.
struct OutageFindings {
    /// Frames no word covers; those two words cover; words that name another place than they are at.
    private(set) var lost = 0
    private(set) var repeated = 0
    private(set) var wrong = 0
    private(set) var complaints: [String] = []

    private static let rate = 16_000.0
    /// Of an Opus packet; a rest shorter than this has no word.
    private static let packet = 320

    private mutating func expect(_ condition: Bool, _ complaint: String) {
        if !condition { complaints.append(complaint) }
    }

    /// All that was taken from the microphone is in the books. The end of an Opus stream is silence: what the
    /// codec is late by, and what its last packet needs to be whole.
    mutating func expect(_ captured: Int, of frames: Int, _ encoding: Outage.Encoding) {
        let isRight =
            switch encoding {
            case .linear16: captured == frames
            case .opus: (frames..<frames + 2 * Self.packet).contains(captured)
            }
        expect(isRight, "the microphone gave \(frames) frames, of which \(captured) were captured")
    }

    /// The words of the `positions` engine tell of unbroken sound from the session's start on, each frame
    /// once and in order: as they do where nothing was in the way. `captured` counts the silence at the end
    /// of an Opus stream, too; the sound has `frames`.
    mutating func expectEverything(
        of frames: Int, captured: Int, in words: [HeardEvent.Word], _ encoding: Outage.Encoding
    ) {
        var end = 0
        for word in words {
            let start = Self.frame(word.start)
            lost += max(0, start - end)
            repeated += max(0, end - start)
            let isRight =
                switch encoding {
                case .linear16: word.word == "r\(start % 65_536)"
                case .opus:
                    Self.frame(word.end) > frames
                        || Self.isTone(word.word, start..<max(start + 1, Self.frame(word.end)))
                }
            if !isRight {
                wrong += 1
                if wrong == 1 { complaints.append("the first wrong word is \(word)") }
            }
            end = max(end, Self.frame(word.end))
        }
        if captured - end >= Self.packet { lost += captured - end }
        if end > captured { repeated += end - captured }
        expect(lost == 0, "\(lost) frames have no word")
        expect(repeated == 0, "\(repeated) frames have two words")
        expect(wrong == 0, "\(wrong) words are not those of their place")
    }

    /// The books add up, and everything is answered for.
    mutating func expectBalance(of transcript: TranscriptText) -> TranscriptText.Ledger? {
        guard let ledger = transcript.ledger, transcript.types.last == "ledger" else {
            complaints.append(
                "the transcript does not end with a ledger but with \(transcript.types.suffix(3))")
            return nil
        }
        let dropped = ledger.dropped.values.reduce(0, +)
        let absent = ledger.absent.values.reduce(0, +)
        expect(ledger.captured == ledger.confirmed + ledger.pending + dropped, "unbalanced: \(ledger)")
        expect(ledger.elapsed == ledger.captured + absent, "elapsed is not what there was: \(ledger)")
        expect(ledger.pending == 0, "\(ledger.pending) frames are not answered for")
        expect(ledger.dropped.isEmpty, "dropped: \(ledger.dropped)")
        expect(ledger.absent.isEmpty, "absent: \(ledger.absent)")
        expect(ledger.sent == ledger.captured, "sent \(ledger.sent) of \(ledger.captured) frames")
        expect(transcript.gaps.isEmpty, "gaps: \(transcript.gaps.map(\.cause))")
        for (one, next) in zip(transcript.finals, transcript.finals.dropFirst()) {
            expect(one.end <= next.start, "finals overlap at \(next.start) s")
        }
        return ledger
    }

    /// Sample for sample, what the service heard over all connections is the microphone's ramp: each
    /// connection an unbroken piece, none beginning behind the end of all before, the last ending at
    /// `frames`.
    mutating func expectRamp(of frames: Int, heard connections: [[Int16]]) {
        var pieces: [(first: Int, count: Int)] = []
        for (number, samples) in connections.enumerated() where !samples.isEmpty {
            let first = Int(UInt16(bitPattern: samples[0]))
            let broken = samples.indices.first { Int32(samples[$0]) != Ramp.sample(frame: first + $0) }
            expect(broken == nil, "connection \(number + 1) breaks at its sample \(broken ?? 0)")
            pieces.append((first, samples.count))
        }
        expect(
            Self.reaches(frames, pieces[...], from: 0),
            "the service did not hear all \(frames) frames: \(pieces)")
    }

    /// A ramp tells a place modulo 65536: whether there are places for all pieces that leave nothing out.
    private static func reaches(
        _ frames: Int, _ pieces: ArraySlice<(first: Int, count: Int)>, from end: Int
    ) -> Bool {
        guard let piece = pieces.first else { return end == frames }
        guard piece.first <= end else { return false }
        let latest = end - (end - piece.first) % 65_536
        return stride(from: latest, through: 0, by: -65_536).contains {
            reaches(frames, pieces.dropFirst(), from: max(end, $0 + piece.count))
        }
    }

    /// A word of two tones that share it about evenly may be either, or neither.
    private static func isTone(_ word: String, _ frames: Range<Int>) -> Bool {
        let slots = (frames.lowerBound / Tones.slot)...((frames.upperBound - 1) / Tones.slot)
        let shares = slots.map { slot in
            let overlap = frames.clamped(to: slot * Tones.slot..<(slot + 1) * Tones.slot)
            return (
                tone: "t" + String(slot % 16, radix: 16), share: Double(overlap.count) / Double(frames.count)
            )
        }
        if let ruling = shares.first(where: { $0.share > 0.7 }) { return word == ruling.tone }
        return word == "x" || shares.contains { $0.tone == word && $0.share > 0.25 }
    }

    private static func frame(_ seconds: Double) -> Int { Int((seconds * rate).rounded()) }
}
