import FoundationEssentials

/// Reads what pocketsphinx prints: the two command lines differ in everything.
package enum PocketSphinxOutput {
    /// `pocketsphinx_continuous -infile F -time yes` (0.8, 5prealpha): a line per hypothesis, then one per
    /// word with start, end and posterior: `hello(2) 0.150 0.540 1.000000`.
    package static func continuous(_ output: String) -> [RecognisedWord] {
        output.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count == 4, let start = Double(fields[1]), let end = Double(fields[2]),
                let confidence = Double(fields[3])
            else { return nil }
            return word(String(fields[0]), start: start, end: end, confidence: confidence)
        }
    }

    /// `pocketsphinx single F` (5.x): one JSON object per line, words under `w` with begin `b`, duration `d`,
    /// posterior `p` and text `t`.
    package static func single(_ output: String) -> [RecognisedWord] {
        struct Piece: Decodable {
            var b: Double
            var d: Double
            var p: Double
            var t: String
        }
        struct Hypothesis: Decodable { var w: [Piece] }
        return output.split(separator: "\n").flatMap { line -> [RecognisedWord] in
            // What is not JSON is chatter of the program.
            guard let hypothesis = try? JSONDecoder().decode(Hypothesis.self, from: Data(line.utf8)) else {
                return []
            }
            return hypothesis.w.compactMap { word($0.t, start: $0.b, end: $0.b + $0.d, confidence: $0.p) }
        }
    }

    /// A spoken word without its pronunciation number; `nil` for silence, sentence marks and noises.
    private static func word(_ text: String, start: Double, end: Double, confidence: Double)
        -> RecognisedWord?
    {
        guard let first = text.first, !"<[+".contains(first) else { return nil }
        let spoken = text.prefix { $0 != "(" }
        return RecognisedWord(
            text: String(spoken), start: start, end: max(start, end), confidence: min(max(confidence, 0), 1))
    }
}
