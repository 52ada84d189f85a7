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
