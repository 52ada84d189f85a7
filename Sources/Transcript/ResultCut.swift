import Audio
import Timeline

/// Takes from a result what an earlier final of its channel has already said.
///
/// After a replay the service hears the same audio again, and its stretches need not begin where the last
/// final ended:
///
///     written   ──── one two three ┃
///     result              [three    four five]
///     rest                         ┃four five]      each word goes by its midpoint
enum ResultCut {
    /// The part of `result` after `cut`; nil where it holds no word.
    ///
    /// A result that straddles the cut and has a text but no words cannot be divided: it counts as one word.
    static func rest(of result: RecognisedResult, after cut: StreamPosition) -> RecognisedResult? {
        guard result.end > cut, !result.text.allSatisfy(\.isWhitespace) else { return nil }
        guard result.start < cut else { return result }
        var rest = result
        rest.start = cut
        if result.words.isEmpty {
            return midpoint(result.start, result.end) >= cut ? rest : nil
        }
        rest.words = result.words.filter { midpoint($0.start, $0.end) >= cut }
        guard !rest.words.isEmpty else { return nil }
        if rest.words.count < result.words.count {
            rest.text = rest.words.map(\.punctuated).joined(separator: " ")
        }
        for index in rest.words.indices {
            rest.words[index].start = max(rest.words[index].start, cut)
            rest.words[index].end = max(rest.words[index].end, cut)
        }
        return rest
    }

    private static func midpoint(_ start: StreamPosition, _ end: StreamPosition) -> StreamPosition {
        start + FrameCount((end - start).value / 2)
    }
}
