import Audio
import Configuration
import NIOCore
import NIOEmbedded
import SpeechLink
import SpeechProtocol
import Timeline
import Transcript

@testable import Agent

/// One simulation: the program, what surrounds it, and time, which passes only here.
final class World {
    private static let bootBase: Int64 = 100_000_000_000
    private static let wallBase: Int64 = 1_790_000_000_000_000_000

    let seed: UInt64
    /// For whoever plans what happens; the link and the surroundings have dice of their own.
    var dice: Dice
    var linkDice: Dice
    let place: Place
    let service: SimulatedService
    let network: SimulatedNetwork
    let uplink: SimulatedUplink
    let watchman: Watchman
    let security: TransportSecurity
    private(set) var credential: Credential
    /// Wall time less boot time, in nanoseconds.
    private(set) var wallOffset: Int64
    /// Nil while the program does not run.
    private(set) var life: Life?
    private(set) var lives = 0
    private(set) var loop = EmbeddedEventLoop()
    /// Those of programs that were killed.
    private var stillLoops: [EmbeddedEventLoop] = []
    private var events: [(at: BootTime, what: (World) throws -> Void)] = []
    private var nextSecond: BootTime
    /// Between two of what the agent does each second; more where days are simulated.
    var secondLength = Duration.seconds(1)

    init(
        seed: UInt64, shape: SimulatedUplink.Shape = .opus, style: Speech.Style = .talk,
        settings: [String: String] = [:], transcripts: String? = nil
    ) throws {
        self.seed = seed
        dice = Dice(seed: seed)
        linkDice = Dice(seed: seed ^ 0x11_4C)
        place = try Place(shape, settings: settings, transcripts: transcripts)
        service = SimulatedService(
            speeches: (0..<shape.channels).map {
                Speech(style: style, seed: seed, rate: shape.rate, channel: $0)
            }, seed: seed)
        network = SimulatedNetwork(service, seed: seed)
        let start = BootTime(nanoseconds: Self.bootBase)
        uplink = SimulatedUplink(shape, start: start)
        watchman = Watchman(
            rate: shape.rate, packetFrames: shape.packetFrames,
            pacePercent: place.configuration.listen.catchUpPercent)
        security = try TransportSecurity(authoritiesFile: nil)
        credential = try Credential(scheme: .token, contents: "key-0")
        wallOffset = Self.wallBase - Self.bootBase
        nextSecond = start + .seconds(1)
        network.sent = { [unowned self] payload, transport in
            watchman.sent(payload, on: transport, now: now)
        }
        try startProgram()
    }

    // MARK: time

    var now: BootTime { BootTime(nanoseconds: Self.bootBase + Int64(loop.now.uptimeNanoseconds)) }

    var sample: ClockSample {
        let now = now
        return ClockSample(boot: now, wall: WallTime(nanoseconds: now.nanoseconds + wallOffset))
    }

    /// Since the simulation's start.
    var seconds: Double { Double(now.nanoseconds - Self.bootBase) / 1e9 }

    func setWallClock(by seconds: Double) { wallOffset += Int64(seconds * 1e9) }

    /// Has `what` happen so many seconds after the simulation's start.
    func at(_ seconds: Double, _ what: @escaping (World) throws -> Void) {
        let time = BootTime(nanoseconds: Self.bootBase + Int64(seconds * 1e9))
        let index = events.firstIndex { $0.at > time } ?? events.count
        events.insert((time, what), at: index)
    }

    func after(_ delay: Double, _ what: @escaping (World) throws -> Void) { at(seconds + delay, what) }

    /// Lets time pass until so many seconds after the simulation's start, or until `isDone`.
    func run(until seconds: Double, isDone: (World) -> Bool = { _ in false }) throws {
        let end = BootTime(nanoseconds: Self.bootBase + Int64(seconds * 1e9))
        while now < end, !isDone(self) {
            var next = min(end, nextSecond)
            if let event = events.first { next = min(next, event.at) }
            if life != nil { next = min(next, uplink.due) }
            loop.advanceTime(to: .uptimeNanoseconds(UInt64(max(0, next.nanoseconds - Self.bootBase))))
            while let event = events.first, event.at <= now {
                events.removeFirst()
                try event.what(self)
            }
            if now >= nextSecond {
                nextSecond = nextSecond + secondLength
                life?.eachSecond(sample)
                watchman.second(self)
            }
            while life != nil, uplink.due <= now {
                life?.append(uplink)
                watchman.step(self)
            }
        }
    }

    // MARK: the program

    private func startProgram() throws {
        let life = try Life(self, loop: loop)
        lives += 1
        self.life = life
        life.delivery.tell = { [unowned self] in watchman.told($0, self) }
        life.delivery.books.publish = { [unowned self] in watchman.published($0, self) }
        if life.isResumed { uplink.resumed(at: life.start, now: now) }
        watchman.begins(life, self)
        life.delivery.link.start()
        life.delivery.recordsAppended()
    }

    /// Nothing is put in order: the program is gone, and begins anew after so many seconds.
    func kill(downSeconds: Double) {
        guard life != nil else { return }
        network.programDied()
        let isHeld = { [weak log = life?.delivery.log] in log != nil }
        life = nil
        if isHeld() { watchman.complain("the program's parts hold one another", self) }
        // Its tasks are never run; time goes on with another loop.
        stillLoops.append(loop)
        let time = loop.now
        loop = EmbeddedEventLoop()
        loop.advanceTime(to: time)
        after(downSeconds) { try $0.startProgram() }
    }

    /// In order, as the agent stops; returns the transcript's path.
    private func stop() throws {
        guard let life else { return }
        let delivery = life.delivery
        var isClosed = false
        let closed = delivery.link.finishAndClose(head: delivery.books.ledger.head, within: .seconds(5))
        closed.assumeIsolated().whenComplete { _ in isClosed = true }
        for _ in 0..<1_200 where !isClosed { loop.advanceTime(by: .milliseconds(10)) }
        if !isClosed { watchman.complain("the link did not close within 12 s", self) }
        var isWritten = false
        delivery.close(at: now) { isWritten = true }
        loop.advanceTime(by: .seconds(1))
        if !isWritten { watchman.complain("the books were not closed", self) }
    }

    // MARK: what happens to it

    /// Whether nothing stands between the program and its answers.
    var isFine: Bool {
        let isKeyGood = service.validKey == nil || service.validKey == currentKey
        return network.way == .open && service.manner == .well && isKeyGood
    }

    private(set) var currentKey = "key-0"

    /// Changes the surroundings, and has the watchman look at what follows.
    func change(_ body: (World) -> Void) {
        let wasFine = isFine
        // Before: some of it is noticed at once.
        if wasFine { watchman.struck(self) }
        body(self)
        if wasFine { watchman.isStruck(really: !isFine) }
        if !wasFine, isFine { watchman.peerIsBack(self) }
    }

    func replaceKey(_ key: String) throws {
        credential = try Credential(scheme: .token, contents: key)
        currentKey = key
        if isFine { watchman.peerIsBack(self) }
        life?.delivery.link.replaceCredential(credential)
    }

    /// Whether all but live audio is sent, and written down.
    var hasCaughtUp: Bool {
        guard let life, case .open = life.delivery.link.state, life.delivery.books.trouble == nil else {
            return false
        }
        let head = life.delivery.books.ledger.head
        return life.delivery.link.timeToSend(upTo: head) < .milliseconds(50)
    }

    // MARK: the end

    /// Everything is well again; what waits is delivered, the program stops, and its transcript is judged.
    /// Returns what is wrong.
    func findings(expecting expectation: Findings.Expectation = .init()) throws -> [String] {
        try end(expectation).complaints
    }

    func end(_ expectation: Findings.Expectation = .init()) throws -> Findings {
        change {
            $0.network.change(to: .open)
            $0.service.manner = .well
            $0.service.validKey = nil
        }
        if life == nil { try run(until: seconds + 3_600) { $0.life != nil } }
        let pending = life?.delivery.books.ledger.pending.seconds(at: uplink.shape.rate) ?? 0
        try run(until: seconds + 5 * pending + 420) { $0.hasCaughtUp }
        try run(until: seconds + 10)
        try stop()
        let path = life?.delivery.books.path ?? ""
        var findings = try Findings(self, transcript: path, expectation)
        findings.add(watchman.complaints + service.complaints)
        life = nil
        for loop in stillLoops + [loop] { try loop.syncShutdownGracefully() }
        stillLoops = []
        place.remove()
        return findings
    }
}
