import Glibc
import NIOCore
import NIOEmbedded
import SpeechLink
import SpeechProtocol

/// What lies between the program and the service.
final class SimulatedNetwork {
    /// What becomes of what is sent, and of who wants to connect.
    enum Way: String, CaseIterable {
        case open
        /// The service's port is closed.
        case refused
        /// Everything is reset.
        case reset
        /// The name cannot be resolved.
        case noName
        /// The interface is down: attempts fail at once, what is open hears nothing.
        case unreachable
        /// Bytes vanish, both ways, and nobody is told.
        case vanished
        /// The peer's kernel takes what comes until its buffer is full; nobody reads it.
        case frozen
        /// TCP is taken, and then nothing.
        case stalled

        /// Whether what is open stays so.
        var keepsConnections: Bool {
            switch self {
            case .open, .unreachable, .vanished, .frozen: true
            case .refused, .reset, .noName, .stalled: false
            }
        }
    }

    let service: SimulatedService
    private var dice: Dice
    private(set) var way = Way.open
    /// One way, in seconds.
    var latency = 0.03
    /// What socket buffers hold, in bytes.
    var bufferBytes = 200_000
    private var transports: [SimulatedTransport] = []
    /// Told of every transport made, and of everything sent.
    var sent: (Payload, SimulatedTransport) -> Void = { _, _ in }
    /// Attempts to connect so far.
    private(set) var attempts = 0

    init(_ service: SimulatedService, seed: UInt64) {
        self.service = service
        dice = Dice(seed: seed ^ 0x4E_7E07)
    }

    /// As `LinkSettings.transport` wants it.
    func transport(
        _ url: ServiceURL, _ settings: LinkSettings, _ deliver: @escaping (TransportEvent) -> Void
    ) -> any LinkTransport {
        attempts += 1
        let transport = SimulatedTransport(self, url, settings, deliver)
        transports.append(transport)
        return transport
    }

    func change(to way: Way) {
        let old = self.way
        self.way = way
        if !way.keepsConnections { resetAll() }
        guard way == .open, old != .open else { return }
        // What was in flight is sent again, as TCP does, with some delay.
        for transport in transports {
            transport.wayIsBack(after: old == .frozen ? 0.01 : dice.seconds(0.05...1.5))
        }
    }

    /// Every connection ends with a reset.
    func resetAll() { for transport in transports { transport.reset() } }

    /// The program at this end is gone: its kernel resets what was open.
    func programDied() {
        for transport in transports { transport.abort() }
        transports = []
    }

    func ended(_ transport: SimulatedTransport) { transports.removeAll { $0 === transport } }

    func delay() -> TimeAmount { .nanoseconds(Int64(latency * dice.seconds(0.8...1.4) * 1e9)) }
}
