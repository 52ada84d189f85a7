import Glibc
import NIOCore
import SpeechLink
import SpeechProtocol

/// One connection over the simulated network, as a link sees it.
final class SimulatedTransport: LinkTransport {
    enum FromService {
        case text(String)
        case pong
        case close(UInt16, String)
    }

    private enum ToService {
        case audio(Payload, bytes: Int)
        case text(String)
        case ping
        case closed

        var bytes: Int {
            switch self {
            case .audio(_, let bytes): bytes + 8
            case .text(let text): text.utf8.count + 8
            case .ping, .closed: 8
            }
        }
    }

    private enum State { case connecting, open, closing, ended }

    /// Which attempt it was.
    let number: Int
    private let network: SimulatedNetwork
    private let url: ServiceURL
    private let settings: LinkSettings
    private let deliver: (TransportEvent) -> Void
    private var state = State.connecting
    private var session: ServiceSession?
    /// An upgrade that the peer has not looked at yet.
    private var awaitsPeer = false
    private var outgoing: [ToService] = []
    /// What did not get through, each way.
    private var stuckInFlight: [ToService] = []
    private var stuckUp: [ToService] = []
    private var stuckDown: [FromService] = []
    private var heldBytes = 0
    private var wasUnwritable = false
    /// When the last thing each way arrives: nothing overtakes.
    private var lastUp = NIODeadline.uptimeNanoseconds(0)
    private var lastDown = NIODeadline.uptimeNanoseconds(0)
    private var lastHeard = NIODeadline.uptimeNanoseconds(0)

    init(
        _ network: SimulatedNetwork, _ url: ServiceURL, _ settings: LinkSettings,
        _ deliver: @escaping (TransportEvent) -> Void
    ) {
        self.network = network
        number = network.attempts
        self.url = url
        self.settings = settings
        self.deliver = deliver
    }

    private var loop: any EventLoop { settings.loop }

    private func after(_ delay: TimeAmount, _ body: @escaping (SimulatedTransport) -> Void) {
        loop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            if let self, self.state != .ended { body(self) }
        }
    }

    // MARK: connecting

    func connect(target: String) {
        precondition(target.hasPrefix(url.path), "the request's target begins with the path")
        attempt(retry: 0)
    }

    private func attempt(retry: Int) {
        switch network.way {
        case .open: after(network.delay()) { $0.reachedPeer() }
        case .refused: fail(.connectionRefused(host: url.host, port: url.port))
        case .reset: fail(.unreachable(host: url.host, port: url.port, code: ECONNRESET))
        case .noName: fail(.nameNotResolved(host: url.host))
        case .unreachable: fail(.unreachable(host: url.host, port: url.port, code: ENETUNREACH))
        case .vanished:
            // SYN again after 1, 2, 4 s …
            after(.seconds(Int64(1) << Int64(min(retry, 6)))) { $0.attempt(retry: retry + 1) }
        case .frozen: awaitsPeer = true
        case .stalled: break
        }
    }

    private func reachedPeer() {
        guard network.way == .open else { return attempt(retry: 0) }
        after(network.delay()) { transport in
            guard transport.network.way == .open else { return transport.attempt(retry: 0) }
            transport.upgraded(
                transport.network.service.upgrade(
                    credential: transport.settings.credential, transport))
        }
    }

    private func upgraded(_ answer: SimulatedService.Answer) {
        switch answer {
        case .open(let session, let requestID):
            self.session = session
            state = .open
            lastHeard = loop.now
            watchIdle(.seconds(12))
            deliver(.opened(requestID: requestID))
            session.opened()
        case .refused(let refusal): end(.refused(refusal))
        }
    }

    private func fail(_ error: LinkError) { after(network.delay()) { $0.end(.failed(error)) } }

    /// Tells of the end, and nothing more.
    private func end(_ event: TransportEvent) {
        guard state != .ended else { return }
        state = .ended
        session?.lost()
        session = nil
        network.ended(self)
        deliver(event)
    }

    // MARK: face

    var isWritable: Bool {
        if heldBytes > network.bufferBytes { wasUnwritable = true }
        return heldBytes <= network.bufferBytes
    }

    func send(binary payload: borrowing RawSpan, flush: Bool) {
        guard state == .open else { return }
        guard let audio = Payload(payload) else {
            network.service.complaints.append("\(payload.byteCount) bytes are no packet")
            return
        }
        outgoing.append(.audio(audio, bytes: payload.byteCount))
        network.sent(audio, self)
        if flush { self.flush() }
    }

    func send(text: String) {
        guard state == .open else { return }
        outgoing.append(.text(text))
        flush()
    }

    func ping() {
        guard state == .open else { return }
        outgoing.append(.ping)
        flush()
    }

    func flush() {
        guard !outgoing.isEmpty else { return }
        defer { outgoing.removeAll(keepingCapacity: true) }
        guard network.way == .open, stuckUp.isEmpty, stuckInFlight.isEmpty else {
            stuckUp += outgoing
            heldBytes += outgoing.reduce(0) { $0 + $1.bytes }
            return
        }
        travel(outgoing)
    }

    func close(code: UInt16) {
        guard state == .open else { return abort() }
        outgoing.append(.closed)
        flush()
        state = .closing
        after(.seconds(2)) { $0.end(.closed(.dropped)) }
    }

    func abort() {
        guard state != .ended else { return }
        state = .ended
        session?.lost()
        session = nil
        network.ended(self)
    }

    /// The peer, or something on the way, reset the connection or the attempt.
    func reset() {
        switch state {
        case .open, .closing: end(.closed(.dropped))
        case .connecting: end(.failed(.unreachable(host: url.host, port: url.port, code: ECONNRESET)))
        case .ended: break
        }
    }

    // MARK: the way up

    private func travel(_ messages: [ToService]) {
        let arrival = max(lastUp, loop.now + network.delay())
        lastUp = arrival
        after(arrival - loop.now) { $0.arrived(messages) }
    }

    private func arrived(_ messages: [ToService]) {
        guard network.way == .open, stuckUp.isEmpty, stuckInFlight.isEmpty else {
            stuckInFlight += messages
            heldBytes += messages.reduce(0) { $0 + $1.bytes }
            return
        }
        lastHeard = loop.now
        for message in messages {
            switch message {
            case .audio(let payload, _): session?.received(payload)
            case .text(let text): session?.received(text: text)
            case .ping: if session?.answersPing() == true { fromService(.pong, thinking: 0) }
            case .closed: end(.closed(.normal))
            }
        }
    }

    /// The service closes connections on which nothing comes.
    private func watchIdle(_ delay: TimeAmount) {
        after(delay) { transport in
            guard let session = transport.session else { return }
            let limit = TimeAmount.nanoseconds(Int64(ServiceSession.idleSeconds * 1e9))
            let idle = transport.loop.now - transport.lastHeard
            if idle >= limit { session.clientIsSilent() } else { transport.watchIdle(limit - idle) }
        }
    }

    // MARK: the way down

    func fromService(_ message: FromService, thinking: Double) {
        guard state == .open || state == .closing else { return }
        let delay = TimeAmount.nanoseconds(Int64(thinking * 1e9)) + network.delay()
        let arrival = max(lastDown, loop.now + delay)
        lastDown = arrival
        after(arrival - loop.now) { $0.came(message) }
    }

    private func came(_ message: FromService) {
        guard network.way == .open, stuckDown.isEmpty else {
            stuckDown.append(message)
            return
        }
        switch message {
        case .text(let text): deliver(.text(Array(text.utf8)))
        case .pong: deliver(.alive(isPong: true))
        case .close(let code, let reason): end(.closed(CloseCause(code: code, reason: reason)))
        }
    }

    // MARK: after an outage

    func wayIsBack(after seconds: Double) {
        let delay = TimeAmount.nanoseconds(Int64(seconds * 1e9))
        if awaitsPeer {
            awaitsPeer = false
            after(delay) { $0.attempt(retry: 0) }
        }
        after(delay) { transport in
            guard transport.network.way == .open else { return }
            let (up, down) = (transport.stuckInFlight + transport.stuckUp, transport.stuckDown)
            transport.stuckInFlight = []
            transport.stuckUp = []
            transport.stuckDown = []
            transport.heldBytes = 0
            if !up.isEmpty { transport.arrived(up) }
            for message in down where transport.state != .ended { transport.came(message) }
            if transport.wasUnwritable, transport.state == .open {
                transport.wasUnwritable = false
                transport.deliver(.writable)
            }
        }
    }
}
