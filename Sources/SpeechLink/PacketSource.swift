import Crossing
import Timeline

/// Where a listen link finds the records to send: the retransmission queue, seen by its reader.
///
/// Records come in order and adjoin. They stay until they are confirmed or dropped, which is not the link's
/// doing: `oldest` moves on, and cursors before it are void.
/// Runs on: the link's event loop only.
package protocol PacketSource: AnyObject {
    typealias Cursor = RecordConsumer.Cursor

    /// The place of the oldest record that is still there, or of the next one to come.
    var oldest: Cursor { get }

    /// The record at `cursor`; nil where none has been appended yet.
    func entry(at cursor: Cursor) -> StreamEntry?

    /// The place after the record at `cursor`; `cursor` itself where there is none.
    func next(after cursor: Cursor) -> Cursor

    /// Lets `body` read the payload of the record at `cursor`.
    func withPayload(at cursor: Cursor, _ body: (borrowing RawSpan) -> Void)
}
