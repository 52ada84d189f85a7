/// Which channels of a stream go on.
package enum ChannelSelection: Hashable, Sendable {
    /// The one at this index, the first being 0.
    case pick(index: Int)
    /// The mean of all, as one channel. Sound that is in phase keeps its level; nothing can clip.
    case mix
    /// All, interleaved as they came.
    case all

    /// How many channels go on of a stream of `channels`.
    package func count(of channels: Int) -> Int {
        switch self {
        case .pick, .mix: 1
        case .all: channels
        }
    }
}
