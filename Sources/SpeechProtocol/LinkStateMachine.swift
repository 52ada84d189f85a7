import Timeline

/// Decides when to connect, when to give up on an attempt, and how long to wait before the next one.
///
/// Pure: no clock, no socket, no random numbers, no logger. Both services use it; what is said on an open
/// connection is the business of `ListenSession` and `SpeakSession`.
///
///              workAppeared                  transportOpened
///     idle ───────────────────▶ connecting ───────────────────▶ open
///       ▲                         │    ▲                          │
///       │ deadlinePassed,  failed,│    │ deadlinePassed,          │ transportClosed
///       │ nothing to do   refused ▼    │ work                     │
///       └────────────────────── waiting ◀──────────────────────────┘
///     any ── stopRequested ──▶ stopped
package struct LinkStateMachine: Sendable {
    private enum State {
        case idle
        case connecting(deadline: BootTime)
        case open(since: BootTime)
        case waiting(until: BootTime, isLasting: Bool)
        case stopped
    }

    private var state = State.idle
    private var backoff: Backoff
    /// Connections in a row that were closed as "not audio".
    private var undecodableCloses = 0

    private let handshakeTime: Duration

    /// `handshakeTime`: for name, TCP, TLS and upgrade together.
    package init(handshakeTime: Duration = Limits.handshakeTime, backoff: Backoff = Backoff()) {
        self.handshakeTime = handshakeTime
        self.backoff = backoff
    }

    /// When `deadlinePassed` is to be called; nil: no need.
    package var nextDeadline: BootTime? {
        switch state {
        case .connecting(let deadline): deadline
        case .waiting(let until, _): until
        case .idle, .open, .stopped: nil
        }
    }

    /// Whether the wait is a long one, for something only settings can change.
    package var waitsForSettings: Bool {
        switch state {
        case .waiting(_, let isLasting): isLasting
        case .idle, .connecting, .open, .stopped: false
        }
    }

    // MARK: events

    /// What to do now that there is work.
    package enum OnWorkAppeared: Equatable {
        case connect
        /// An attempt, a connection or a wait is under way.
        case none
    }

    /// Audio is ready to be sent, or text to be spoken, or the connection is to be kept warm.
    package mutating func workAppeared(at now: BootTime) -> OnWorkAppeared {
        switch state {
        case .idle:
            state = .connecting(deadline: now + handshakeTime)
            return .connect
        case .connecting, .open, .waiting, .stopped:
            return .none
        }
    }

    /// What to do with the transport that opened.
    package enum OnTransportOpened: Equatable {
        case use
        /// It came too late: close it without a word.
        case drop
    }

    /// The upgrade succeeded and the selected subprotocol is one that was offered.
    package mutating func transportOpened(at now: BootTime) -> OnTransportOpened {
        switch state {
        case .connecting:
            state = .open(since: now)
            return .use
        // The attempt was abandoned a moment ago.
        case .idle, .waiting, .stopped: return .drop
        case .open: preconditionFailure("one attempt at a time opens one connection")
        }
    }

    /// What to do after an attempt or a connection ended.
    package enum OnEnd: Equatable {
        /// Try again then.
        case wait(until: BootTime)
        /// The end of something given up before.
        case none
    }

    /// The attempt failed before the service answered as one. `isLasting`: only a change of settings can
    /// help.
    package mutating func connectFailed(isLasting: Bool, random: Double, at now: BootTime) -> OnEnd {
        switch state {
        case .connecting: wait(isLasting ? probe(random) : backoff.failed(random: random), isLasting, at: now)
        case .idle, .waiting, .stopped: .none
        case .open: preconditionFailure("an attempt that opened a connection does not fail")
        }
    }

    /// The service answered the upgrade with a status other than 101.
    package mutating func refused(
        _ classification: Refusal.Classification, random: Double, at now: BootTime
    ) -> OnEnd {
        switch state {
        case .connecting:
            switch classification {
            case .permanent, .unauthorized, .payment:
                return wait(probe(random), true, at: now)
            case .throttled(let retryAfter):
                return wait((retryAfter ?? .zero) + backoff.failed(random: random), false, at: now)
            case .transient:
                return wait(backoff.failed(random: random), false, at: now)
            }
        case .idle, .waiting, .stopped: return .none
        case .open: preconditionFailure("an open connection is not refused any more")
        }
    }

    /// The open connection ended. `answered`: the service had recognised something or spoken.
    package mutating func transportClosed(
        _ cause: CloseCause, answered: Bool, random: Double, at now: BootTime
    ) -> OnEnd {
        switch state {
        case .open(let since):
            undecodableCloses = cause == .undecodableAudio && !answered ? undecodableCloses + 1 : 0
            if undecodableCloses >= Limits.undecodableClosesMax { return wait(probe(random), true, at: now) }
            if now - since >= Limits.healthyTime { backoff.reset() }
            return wait(backoff.failed(random: random), false, at: now)
        case .idle, .connecting, .waiting, .stopped:
            return .none
        }
    }

    /// The open connection ended as we wished: nothing failed.
    package mutating func transportFinished(at now: BootTime) {
        switch state {
        case .open(let since):
            if now - since >= Limits.healthyTime { backoff.reset() }
            state = .idle
        case .idle, .connecting, .waiting, .stopped: break
        }
    }

    /// What to do at the deadline.
    package enum OnDeadline: Equatable {
        case connect
        /// The attempt takes too long: tear it down, and try again at `retry`.
        case abandon(retry: BootTime)
        case none
    }

    /// `nextDeadline` is reached. `hasWork`: there is something to connect for.
    package mutating func deadlinePassed(hasWork: Bool, random: Double, at now: BootTime) -> OnDeadline {
        switch state {
        case .connecting(let deadline) where deadline <= now:
            let retry = now + backoff.failed(random: random)
            state = .waiting(until: retry, isLasting: false)
            return .abandon(retry: retry)
        case .waiting(let until, _) where until <= now:
            state = hasWork ? .connecting(deadline: now + handshakeTime) : .idle
            return hasWork ? .connect : .none
        // The timer was set for something that is over.
        case .idle, .connecting, .open, .waiting, .stopped:
            return .none
        }
    }

    /// What to do with a new key.
    package enum OnCredentialReplaced: Equatable {
        /// What stood in the way may be gone: `deadlinePassed` is due at once.
        case retryNow
        /// It will be used for the next connection.
        case none
    }

    package mutating func credentialReplaced(at now: BootTime) -> OnCredentialReplaced {
        switch state {
        case .waiting(_, isLasting: true):
            state = .waiting(until: now, isLasting: false)
            return .retryNow
        case .idle, .connecting, .open, .waiting, .stopped:
            return .none
        }
    }

    /// No further attempt will be made.
    package mutating func stopRequested() { state = .stopped }

    // MARK: waiting

    private mutating func wait(_ time: Duration, _ isLasting: Bool, at now: BootTime) -> OnEnd {
        let until = now + time
        state = .waiting(until: until, isLasting: isLasting)
        return .wait(until: until)
    }

    /// Three to five quarters of the probe time, so that boxes refused together do not ask together.
    private func probe(_ random: Double) -> Duration { Limits.probeTime * (0.75 + 0.5 * random) }
}
