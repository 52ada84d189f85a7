import NIOCore

/// What a WebSocket connection is for: listening or speaking. One object per connection.
///
/// Runs on: the connection's event loop.
protocol SpeechSession: AnyObject {
    /// Seconds of audio received.
    var audioSeconds: Double { get }
    /// The connection is open and `gate` may be used.
    func opened(_ gate: WebSocketGate)
    func received(text: String, at now: Duration)
    func received(binary: [UInt8], at now: Duration)
    /// Called four times a second.
    func timePassed(to now: Duration)
    /// The connection is gone.
    func closed()
}
