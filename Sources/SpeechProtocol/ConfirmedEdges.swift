import Audio
import Timeline

/// Up to where the service has made up its mind, channel by channel. Outlives connections: what lies before
/// an edge need not be sent again, and results about it are repetitions.
package struct ConfirmedEdges: Hashable, Sendable {
    private var edges: [StreamPosition]
    /// Channels the service answers for: as many as were asked for, or fewer if it says so.
    private var answered: Int

    /// `channels` transcripts side by side, all confirmed up to `position`.
    package init(channels: Int, at position: StreamPosition = .start) {
        precondition(channels > 0, "there is a channel to transcribe")
        edges = Array(repeating: position, count: channels)
        answered = channels
    }

    /// As an earlier run left them: the edge of each channel.
    package init(channels edges: [StreamPosition]) {
        precondition(!edges.isEmpty, "there is a channel to transcribe")
        self.edges = edges
        answered = edges.count
    }

    /// The edge of each channel.
    package var channels: [StreamPosition] { edges }

    /// Everything before is confirmed on every channel: where sending resumes after a reconnect.
    package var complete: StreamPosition {
        edges.prefix(answered).min() ?? .start
    }

    /// Whether a result of `channel` that ends at `end` can bring nothing new.
    package func covers(_ end: StreamPosition, channel: Int) -> Bool {
        edges.indices.contains(channel) && end <= edges[channel]
    }

    /// Notes a final result of `channel`, one of `channelCount`, that ends at `end`. Edges never go back;
    /// channels nobody asked for have none.
    package mutating func confirm(_ end: StreamPosition, channel: Int, of channelCount: Int) {
        guard edges.indices.contains(channel) else { return }
        answered = max(1, min(edges.count, channelCount))
        edges[channel] = max(edges[channel], end)
        // Should the service answer for more channels again, theirs begin where it did without them.
        let complete = complete
        for unanswered in edges.indices.dropFirst(answered) {
            edges[unanswered] = max(edges[unanswered], complete)
        }
    }

    /// Notes that the service has dealt with everything before `end`.
    package mutating func confirmAll(_ end: StreamPosition) {
        for channel in edges.indices { edges[channel] = max(edges[channel], end) }
    }
}
