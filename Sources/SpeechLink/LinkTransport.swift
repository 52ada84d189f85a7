import NIOCore
import SpeechProtocol

/// One connection to a service, from the name to the end, as a link uses it.
///
/// `WebSocketConnection` is the one that ships; simulations in virtual time bring their own. Runs on: the
/// link's event loop only. Tells what happens through the closure it was made with, and nothing more after
/// the last event (`refused`, `failed`, `closed`) or `abort`.
package protocol LinkTransport: AnyObject {
    /// Begins the attempt; once. `target` is the request's path and query.
    func connect(target: String)
    /// Whether the transport takes more now; if not, `writable` will be told.
    var isWritable: Bool { get }
    /// Sends one binary message, never an empty one; `flush` hands it, and what was sent before, to the
    /// kernel.
    func send(binary payload: borrowing RawSpan, flush: Bool)
    func send(text: String)
    /// Asks the peer for a pong.
    func ping()
    /// Hands what was sent to the kernel.
    func flush()
    /// Ends in order: `closed` is told when the peer has answered or is given up.
    func close(code: UInt16)
    /// Ends at once and tells nothing.
    func abort()
}

/// What happens to a connection.
package enum TransportEvent {
    case opened(requestID: String?)
    case refused(Refusal)
    case failed(LinkError)
    /// UTF-8, checked.
    case text([UInt8])
    case binary(ByteBuffer)
    /// A ping (`isPong` false) or a pong came.
    case alive(isPong: Bool)
    /// The transport takes bytes again.
    case writable
    case closed(CloseCause)
}
