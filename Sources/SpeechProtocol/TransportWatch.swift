import Timeline

/// Notices that the transport of an open connection has died without a word: what is sent does not leave, or
/// nothing comes back, not even the answer to a ping.
///
/// Pure: no clock, no socket. It watches the transport alone; whether the service behind it does its work is
/// for `AnswerWatch`. With the default settings:
///
///     bytes wait and none leaves        4 s             give up
///     nothing comes back while audio flows   2 s   ping   2.5 s   give up
///
/// so that a peer that stops is noticed within 4.5 s. While anything at all comes back nothing is pinged, but
/// for one ping at the start, which tells whether this host answers pings. `PongTrust` remembers that.
package struct TransportWatch: Sendable {
    /// How soon the transport is doubted.
    package struct Settings: Hashable, Sendable {
        /// Nothing received for so long while audio flows: ping.
        package var pingTime: Duration
        /// The same while no audio flows: dead peers cost nothing then, metered links do.
        package var idlePingTime: Duration
        /// From the ping, once it has left, to anything received.
        package var pongTime: Duration
        /// Bytes wait to leave, and none does.
        package var stuckTime: Duration

        package init(
            pingTime: Duration = Limits.pingTime, idlePingTime: Duration = Limits.idlePingTime,
            pongTime: Duration = Limits.pongTime, stuckTime: Duration = Limits.stuckTime
        ) {
            precondition(pingTime > .zero && idlePingTime >= pingTime, "pings have a distance")
            precondition(pongTime > .zero && stuckTime > .zero, "an answer takes time")
            self.pingTime = pingTime
            self.idlePingTime = idlePingTime
            self.pongTime = pongTime
            self.stuckTime = stuckTime
        }
    }

    private enum Ping {
        case none
        /// Sent when `handedOver` bytes had been; its time runs from `left` on, when all of them had left.
        case awaited(handedOver: Int64, left: BootTime?)
    }

    private let settings: Settings
    private let expectsPongs: Bool
    /// The first ping goes at once.
    private var hasPinged = false
    private var ping = Ping.none
    private var received: BootTime
    private var audioSent: BootTime?
    private var handedOver: Int64 = 0
    private var left: Int64 = 0
    /// When bytes last left, or began to wait.
    private var moved: BootTime
    /// Whether a ping was answered on this connection.
    package private(set) var hasSeenPong = false

    /// A connection opened at `now`. `expectsPongs`: as `PongTrust` says of its host.
    package init(settings: Settings = Settings(), expectsPongs: Bool = true, at now: BootTime) {
        self.settings = settings
        self.expectsPongs = expectsPongs
        received = now
        moved = now
    }

    // MARK: events

    /// `count` bytes were given to the transport. `isAudio`: they carry audio; otherwise a text or a ping.
    package mutating func bytesHandedOver(_ count: Int, isAudio: Bool, at now: BootTime) {
        if handedOver == left { moved = now }
        handedOver += Int64(max(0, count))
        if isAudio { audioSent = now }
    }

    /// `count` of them have left: for the peer where one can tell, else for the kernel.
    package mutating func bytesLeft(_ count: Int, at now: BootTime) {
        guard count > 0 else { return }
        left = min(handedOver, left + Int64(count))
        moved = now
        if case .awaited(let mark, nil) = ping, left >= mark { ping = .awaited(handedOver: mark, left: now) }
    }

    /// Anything came: data, a ping, a pong.
    package mutating func dataReceived(at now: BootTime) {
        received = now
        ping = .none
    }

    /// A pong came.
    package mutating func pongReceived(at now: BootTime) {
        hasSeenPong = true
        dataReceived(at: now)
    }

    // MARK: deadlines

    /// When `deadlinePassed` is to be called; nil: no need.
    package var nextDeadline: BootTime? {
        guard let stuck = stuckDeadline else { return pingDeadline }
        return pingDeadline.map { min($0, stuck) } ?? stuck
    }

    /// What to do at the deadline.
    package enum OnDeadline: Equatable {
        /// Send a WebSocket ping, and tell of its bytes.
        case ping
        /// Tear the transport down; asking it to close would only take longer.
        case abandon(CloseCause)
        case none
    }

    /// `nextDeadline` is reached.
    package mutating func deadlinePassed(at now: BootTime) -> OnDeadline {
        if let stuckDeadline, stuckDeadline <= now { return .abandon(.sendingStuck) }
        guard let pingDeadline, pingDeadline <= now else { return .none }
        if case .awaited = ping { return .abandon(.peerFrozen) }
        hasPinged = true
        // Without trust in pongs the one ping only asks whether there are any.
        if expectsPongs { ping = .awaited(handedOver: handedOver, left: left == handedOver ? now : nil) }
        return .ping
    }

    private var stuckDeadline: BootTime? { handedOver > left ? moved + settings.stuckTime : nil }

    private var pingDeadline: BootTime? {
        switch ping {
        // A ping behind bytes that leave slowly is late for a good reason.
        case .awaited(_, let left): return left.map { $0 + settings.pongTime }
        case .none: break
        }
        guard hasPinged else { return received }
        guard expectsPongs else { return nil }
        // Audio that nothing came back for makes the difference between flowing and idle.
        let flows = audioSent.map { $0 > received } ?? false
        return received + (flows ? settings.pingTime : settings.idlePingTime)
    }
}

/// Whether a host answers pings, learnt over connections. RFC 6455 demands it, yet some proxies swallow them;
/// such a host must not be given up every few seconds for ever.
package struct PongTrust: Hashable, Sendable {
    /// Connections in a row given up for a missing pong, without a single one on them.
    private var losses = 0

    package init() {}

    /// Whether the next connection's silence after a ping means death. If not, the other watches remain:
    /// bytes that do not leave, and audio without answers.
    package var expectsPongs: Bool { losses < Limits.pongLossesMax }

    /// What to tell people when a connection has ended.
    package enum OnEnd: Equatable {
        /// Pings of this host are not counted upon any more; a warning is due, once.
        case trustLost
        /// The host answers pings after all.
        case trustRegained
        case none
    }

    /// A pong came on a connection of this host.
    package mutating func pongReceived() -> OnEnd {
        defer { losses = 0 }
        return expectsPongs ? .none : .trustRegained
    }

    /// A connection that `watch` had watched ended with `cause`.
    package mutating func connectionEnded(_ watch: TransportWatch, _ cause: CloseCause) -> OnEnd {
        guard cause == .peerFrozen, !watch.hasSeenPong, expectsPongs else { return .none }
        losses += 1
        return expectsPongs ? .none : .trustLost
    }

    /// The warning for `trustLost`.
    package static let warning =
        "this host answers no pings: "
        + "a connection that freezes will be noticed later, by audio without answers"
}
