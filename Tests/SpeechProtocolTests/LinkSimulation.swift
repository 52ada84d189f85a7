import SpeechProtocol
import Timeline

/// Repeatable randomness, a different one for each seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Spread so that the sequence of one seed is not that of another, shifted.
    init(seed: UInt64) { state = seed &* 0xD1B5_4A32_D192_ED03 &+ 0x632B_E59B_D9B4_E019 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A link with audio to send at all times, and the network and service it meets, in virtual time: from event
/// to event, nothing in between.
struct LinkSimulation {
    /// What an attempt meets, from some time on until the next change.
    enum Weather: Equatable {
        case fine
        /// Found out so much later: no name, no route, a refused connection.
        case failing(after: Double)
        /// Nothing ever comes back.
        case blackHole
        case refusing(Refusal.Classification)
    }

    private enum Attempt {
        case none
        case underWay(done: Double, Weather)
        case open
    }

    private let forecast: [(from: Double, weather: Weather)]
    private var link = LinkStateMachine()
    private var generator: SeededGenerator
    private var attempt = Attempt.none
    private var now = 0.0
    /// Longest wait there could have been when the present one was drawn, in seconds.
    private var step = 0.0
    private var failures = Backoff()

    private(set) var attempts: [Double] = []
    private(set) var opened: [Double] = []
    /// From the return of fine weather to audio, and the back-off step at that time, in seconds.
    private(set) var returns: [(time: Double, step: Double)] = []
    /// Every wait in seconds, from the end of an attempt or connection to the next attempt.
    private(set) var waits: [Double] = []
    private(set) var isWaitingForSettings = false

    /// `forecast` begins at 0, in order.
    init(_ forecast: [(from: Double, weather: Weather)], seed: UInt64) {
        self.forecast = forecast
        generator = SeededGenerator(seed: seed)
    }

    /// Runs until `end` seconds.
    mutating func run(until end: Double) {
        if link.workAppeared(at: at(0)) == .connect { connect() }
        var changes = forecast.dropFirst()
        while true {
            let timer = link.nextDeadline.map { Double($0.nanoseconds) / 1e9 } ?? .infinity
            let done = if case .underWay(let done, _) = attempt { done } else { Double.infinity }
            let change = changes.first?.from ?? .infinity
            let next = min(timer, done, change)
            guard next < end else { break }
            now = max(now, next)
            if change <= next {
                changes.removeFirst()
                weatherChanged()
            } else if done <= next {
                attemptDone()
            } else {
                deadlinePassed()
            }
            isWaitingForSettings = link.waitsForSettings
        }
    }

    private var random: Double { mutating get { Double.random(in: 0..<1, using: &generator) } }
    private var weather: Weather { forecast.last { $0.from <= now }?.weather ?? .fine }

    private mutating func connect() {
        attempts.append(now)
        let (met, round) = (weather, Double.random(in: 0.02..<0.2, using: &generator))
        attempt =
            switch met {
            case .fine, .refusing: .underWay(done: now + round, met)
            case .failing(let time): .underWay(done: now + time, met)
            case .blackHole: .underWay(done: .infinity, met)
            }
    }

    private mutating func attemptDone() {
        guard case .underWay(_, let met) = attempt else { return }
        attempt = .none
        switch met {
        case .fine:
            guard link.transportOpened(at: at(now)) == .use else { return }
            attempt = .open
            opened.append(now)
            let fine = forecast.last { $0.from <= now }?.from ?? 0
            if fine > 0, !returns.contains(where: { now - $0.time == fine }) {
                returns.append((now - fine, step))
            }
        case .failing, .blackHole:
            noteWait(link.connectFailed(isLasting: false, random: random, at: at(now)))
        case .refusing(let classification):
            noteWait(link.refused(classification, random: random, at: at(now)))
        }
    }

    private mutating func weatherChanged() {
        guard case .open = attempt, weather != .fine else { return }
        attempt = .none
        if now - (opened.last ?? now) >= Limits.healthyTime / .seconds(1) { failures.reset() }
        noteWait(link.transportClosed(.dropped, answered: true, random: random, at: at(now)))
    }

    private mutating func deadlinePassed() {
        switch link.deadlinePassed(hasWork: true, random: random, at: at(now)) {
        case .connect: connect()
        case .abandon(let retry):
            attempt = .none
            noteWait(.wait(until: retry))
        case .none: break
        }
    }

    private mutating func noteWait(_ end: LinkStateMachine.OnEnd) {
        guard case .wait(let until) = end else { return }
        step = failures.ceiling / .seconds(1)
        _ = failures.failed(random: 1)
        waits.append((until - at(now)) / .seconds(1))
    }
}
