import Audio
import Timeline

/// Where a listen link finds the records to send: the retransmission queue, seen by its reader.
///
/// Records come in order and adjoin, so a record is found by the position it begins at. They stay until they
/// are confirmed or dropped, which is not the link's doing: `oldest` moves on.
/// Runs on: the link's event loop only.
package protocol PacketSource: AnyObject {
    /// Where the oldest record begins that is still there, or the next one to come.
    var oldest: StreamPosition { get }

    /// The record that begins at `position`, or holds it; before `oldest` there is none.
    func lookup(_ position: StreamPosition) -> StreamLookup

    /// Lets `body` read the payload of the record `lookup(position)` has just found.
    func withPayload(at position: StreamPosition, _ body: (borrowing RawSpan) -> Void)
}
