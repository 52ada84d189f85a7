import Audio
import NIOCore
import SpeechProtocol
import Timeline

/// What every link of this process needs besides its request.
package struct LinkSettings {
    package var credential: Credential
    package let security: TransportSecurity
    /// For name resolution, TCP, TLS and the WebSocket handshake together.
    package let handshakeTime: Duration
    /// Where the link lives; all its methods are called and all its events told there.
    package let loop: any EventLoop
    /// Reads both clocks.
    package let clock: () -> ClockSample
    /// Draws evenly from 0..<1.
    package var random: () -> Double = { .random(in: 0..<1) }
    /// How fast a backlog is sent, in percent of real time.
    package var catchUpPercent = Limits.pacePercent
    /// How soon a transport that does not answer is doubted.
    package var watch = TransportWatch.Settings()
    /// Whether so much audio may be sent now; what may not waits in the queue.
    package var admits: (FrameCount) -> Bool = { _ in true }
    /// Makes the connection for one attempt.
    package var transport: TransportMaker = { url, settings, deliver in
        WebSocketConnection(url: url, settings: settings, deliver: deliver)
    }

    /// What makes a connection: given where to, how, and whom to tell.
    package typealias TransportMaker = (
        ServiceURL, LinkSettings, @escaping (TransportEvent) -> Void
    ) -> any LinkTransport

    package init(
        credential: Credential, security: TransportSecurity, handshakeTime: Duration = Limits.handshakeTime,
        loop: any EventLoop,
        clock: @escaping () -> ClockSample
    ) {
        self.credential = credential
        self.security = security
        self.handshakeTime = handshakeTime
        self.loop = loop
        self.clock = clock
    }

    var now: BootTime { clock().boot }
}
