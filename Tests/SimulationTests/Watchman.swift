import Audio
import Journal
import SpeechLink
import SpeechProtocol
import Timeline
import Transcript

@testable import Agent

/// Looks on while a simulation runs, and complains of everything that must not be.
final class Watchman {
    private let rate: SampleRate
    private let packetFrames: Int64
    private let pacePercent: Int64
    private(set) var complaints: [String] = []
    private var confirmed = StreamPosition.start
    private var finalStarts: [Int: Double] = [:]

    // What was sent on one connection within the last ten seconds.
    private var transport = 0
    private var recent: [(at: BootTime, frames: Int64)] = []
    private var recentFirst = 0
    private var recentFrames: Int64 = 0

    // Since when things are as they are.
    private var stateSince: BootTime?
    private var strikeAt: BootTime?
    /// Connections given up as frozen before they had held: each gives the next one's pong twice the time.
    private var frozenInARow = 0
    private var back: (at: BootTime, due: BootTime?)?

    /// Seconds, for reports: from each strike to its notice, from each return to the next audio, and the same
    /// from the attempt that was due.
    private(set) var noticed: [Double] = []
    private(set) var flowing: [Double] = []
    private(set) var late: [Double] = []
    private(set) var mostPending: Int64 = 0
    private(set) var mostAnchors = 0
    private(set) var mostTimers = 0
    private(set) var reconnects = 0
    /// Where the disk may be in trouble, what is confirmed stays in the journal.
    var diskIsTrusted = true

    static let noticeMax = 5.0
    static let silenceMax = 15.0

    init(rate: SampleRate, packetFrames: Int64, pacePercent: Int) {
        self.pacePercent = Int64(pacePercent)
        self.rate = rate
        self.packetFrames = packetFrames
    }

    func complain(_ text: String, _ world: World) {
        if complaints.count < 8 { complaints.append("at \(world.seconds) s: \(text)") }
    }

    func begins(_ life: Life, _ world: World) {
        stateSince = world.now
        strikeAt = world.isFine ? nil : world.now
        // Whatever was due was due to another.
        back = nil
        frozenInARow = 0
        let ledger = life.delivery.books.ledger
        guard !diskIsTrusted else {
            if ledger.confirmedPosition < confirmed {
                complain("\(ledger.confirmedPosition) is confirmed, after \(confirmed) was", world)
            }
            return
        }
        // What was told and never written is told again.
        confirmed = ledger.confirmedPosition
        finalStarts = [:]
    }

    // MARK: what the program does

    func told(_ event: ListenEvent, _ world: World) {
        switch event {
        case .state(let state): changed(state, world)
        case .sent:
            guard let back else { return }
            self.back = nil
            flowing.append(Self.seconds(world.now - back.at))
            if let due = back.due {
                let late = Self.seconds(world.now - max(due, back.at))
                self.late.append(late)
                if late > 0.3 { complain("audio flows \(late) s after the attempt that was due", world) }
            }
        default: break
        }
    }

    private func changed(_ state: LinkState, _ world: World) {
        let held = stateSince.map { world.now - $0 } ?? .zero
        stateSince = world.now
        switch state {
        case .open: reconnects += 1
        case .waiting(let until, let error):
            if case .closed(_, let cause) = error {
                let isFrozen = cause == .peerFrozen && held < Limits.healthyTime
                frozenInARow = isFrozen ? min(frozenInARow + 1, Limits.pongDoublingsMax) : 0
            }
            if let strikeAt {
                noticed.append(Self.seconds(world.now - strikeAt))
                self.strikeAt = nil
            }
            if world.isFine, Self.seconds(until - world.now) > 30.1 {
                complain("waits \(until - world.now) although nothing asks for it", world)
            }
        default: break
        }
    }

    func published(_ line: TranscriptLine, _ world: World) {
        guard case .final(let final) = line else { return }
        if let last = finalStarts[final.channel], final.start < last {
            complain(
                "a final of channel \(final.channel) starts at \(final.start), after one at \(last)", world)
        }
        finalStarts[final.channel] = final.start
    }

    func sent(_ payload: Payload, on transport: SimulatedTransport, now: BootTime) {
        if self.transport != transport.number {
            self.transport = transport.number
            recent = []
            (recentFirst, recentFrames) = (0, 0)
        }
        recent.append((now, payload.frames))
        recentFrames += payload.frames
        while recent[recentFirst].at + .seconds(10) <= now {
            recentFrames -= recent[recentFirst].frames
            recentFirst += 1
        }
        if recentFirst > 1_000 {
            recent.removeFirst(recentFirst)
            recentFirst = 0
        }
        // The burst, the pace, and a packet.
        let limit = Int64(rate.hertz) / 2 + Int64(rate.hertz) * 10 * pacePercent / 100 + packetFrames
        if recentFrames > limit, complaints.count < 8 {
            complaints.append("\(recentFrames) frames were sent within 10 s, at position \(payload.position)")
        }
    }

    // MARK: what happens to it

    func struck(_ world: World) {
        strikeAt = world.now
    }

    /// Whether anything had happened.
    func isStruck(really: Bool) {
        if really { back = nil } else { strikeAt = nil }
    }

    func peerIsBack(_ world: World) {
        strikeAt = nil
        let due: BootTime? =
            switch world.life?.delivery.link.state {
            case .waiting(let until, _), .refused(let until, _): until
            default: nil
            }
        back = (world.now, due)
    }

    // MARK: at every step

    func step(_ world: World) {
        guard let life = world.life else { return }
        let ledger = life.delivery.books.ledger
        let uplink = world.uplink
        if !ledger.isBalanced { complain("the ledger does not balance: \(ledger)", world) }
        let given = uplink.lost[.overflow] ?? 0
        if ledger.captured.value != uplink.capturedFrames + given {
            complain("captured \(ledger.captured.value), really \(uplink.capturedFrames + given)", world)
        }
        let pending = uplink.captured(from: ledger.confirmedPosition.frames)
        if ledger.pending.value != pending {
            complain("pending \(ledger.pending.value), really \(pending)", world)
        }
        let dropped = ledger.dropped.reduce(0) { $0 + $1.value.value }
        if dropped != given { complain("dropped \(ledger.dropped), really \(given)", world) }
        let absent = ledger.absent.reduce(0) { $0 + $1.value.value }
        if absent + given != uplink.lost.values.reduce(0, +) {
            complain("absent \(ledger.absent), really \(uplink.lost)", world)
        }
        if ledger.confirmedPosition < confirmed { complain("confirmed goes back", world) }
        confirmed = ledger.confirmedPosition
        mostPending = max(mostPending, pending)
        watchNotice(world, life)
    }

    /// A peer that has vanished is not held for one that is quiet.
    private func watchNotice(_ world: World, _ life: Life) {
        guard let strikeAt, let stateSince, case .open = life.delivery.link.state else { return }
        switch world.network.way {
        case .vanished, .frozen, .unreachable: break
        default: return
        }
        let since = max(strikeAt, stateSince, world.uplink.time(of: world.uplink.soundSince.frames))
        let elapsed = Self.seconds(world.now - since)
        let patience = Self.seconds(Limits.pongTime) * Double((1 << frozenInARow) - 1)
        if elapsed > Self.noticeMax + patience + Self.seconds(of: packetFrames, at: rate) {
            complain(
                "nothing comes back since \(elapsed) s, and the link is \(life.delivery.link.state)", world)
            self.strikeAt = nil
        }
    }

    func second(_ world: World) {
        guard let life = world.life else { return }
        let books = life.delivery.books
        let ledger = books.ledger
        let pending = Self.seconds(of: ledger.pending.value, at: rate)
        mostAnchors = max(mostAnchors, books.clock.anchorCount)
        if pending < 30, books.clock.anchorCount > 64 + world.uplink.gaps.suffix(100).count {
            complain("\(books.clock.anchorCount) anchors for \(pending) s of audio", world)
        }
        let kept = ledger.head - life.delivery.log.oldest
        if diskIsTrusted {
            // Confirmed audio stays for the pre-roll, and while the disk takes its line.
            let most = (ledger.head - ledger.confirmedPosition).seconds(at: rate) + 20
            if kept.seconds(at: rate) > most {
                complain(
                    "the journal keeps \(kept.seconds(at: rate)) s, of which \(pending) are pending", world)
            }
            if books.lostLines > 0 { complain("\(books.lostLines) lines are lost", world) }
        }
        if world.uplink.refused > 0 { complain("the journal was full", world) }
        guard world.now.nanoseconds / 1_000_000_000 % 100 == 0 else { return }
        let timers = world.loop.scheduledTaskCount
        mostTimers = max(mostTimers, timers)
        if timers > 200 { complain("\(timers) tasks wait in the event loop", world) }
        // What the service heard and did not answer.
        let silence = Self.seconds(of: world.service.longestUnanswered, at: rate)
        if silence > Self.silenceMax + 1 {
            complain("a service that says nothing got \(silence) s of audio", world)
            world.service.longestUnanswered = 0
        }
    }

    static func seconds(_ duration: Duration) -> Double { Double(duration.wholeNanoseconds) / 1e9 }

    static func seconds(of frames: Int64, at rate: SampleRate) -> Double {
        Double(frames) / Double(rate.hertz)
    }
}
