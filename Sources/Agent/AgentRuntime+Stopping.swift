import ALSA
import Audio
import Configuration
import Control
import ControlProtocol
import Crossing
import Glibc
import Journal
import Liveness
import Logging
import NIOCore
import SpeechLink
import System
import Timeline
import Transcript
import Uplink

// The agent's small clockwork, and its orderly end.

extension AgentRuntime {
    /// For the last audio, the last words and the closing of both links: less than the 15 s after which the
    /// service manager kills (`TimeoutStopSec=`), so that the books are always closed.
    static let stopTimeMax = TimeAmount.seconds(12)
    /// For the disk, to take what was not answered for.
    static let spillTimeMax = TimeAmount.seconds(10)
    /// For the disk, to take the last lines.
    static let diskTimeMax = TimeAmount.seconds(2)
    /// For sending what has not been sent yet; a longer backlog stays in the journal for the next start.
    static let sendTimeMax = Duration.seconds(5)
    /// Between two status lines for the service manager while no link changes.
    static let statusLineSeconds = 10

    /// Levels come ten times a second, while somebody watches them; otherwise they wake nobody.
    func levelsWanted() {
        guard !isClosed, control?.isWanted(.level) == true else {
            levelTimer?.stop()
            levelTimer = nil
            return
        }
        guard levelTimer == nil else { return }
        levelTimer = LoopTimer(every: .milliseconds(100), on: loop) { [weak self] in
            guard let self else { return }
            self.publish(.level(LevelEvent(self.status.level)))
        }
    }

    /// Both clocks are read; what could not be written is tried again.
    func eachSecond() {
        live.books.sampled(.now)
        for delivery in backlog.waiting + [live] { delivery.eachSecond() }
        keepToAllowance()
        supervise()
        announceStates()
        seconds += 1
        if seconds % Self.statusLineSeconds == 0, !isStopping { manager.notify("STATUS=\(statusLine)") }
    }

    /// Somebody muted, unmuted, paused or resumed. What was captured before is sent all the same, unless the
    /// configuration wants it taken back.
    func silenced() {
        if loaded.value.journal.purgesOnMute, hearing.controls.muted.isRaised {
            live.giveUpUnsent(.purged)
            // What the uplink has in hand comes in a moment.
            isPurging = true
        } else {
            isPurging = false
        }
        announceStates()
    }

    /// What may not be sent any more today is not kept for tomorrow.
    private func keepToAllowance() {
        guard let allowance else { return }
        allowance.eachSecond()
        let rate = live.books.rate
        let isUsedUp = !allowance.admits(loaded.value.uplinkSettings.packetFrames, at: rate)
        if isUsedUp { live.giveUpUnsent(.quota) }
        if isUsedUp != isOverQuota {
            isOverQuota = isUsedUp
            logger.warning(
                isUsedUp
                    ? "the day's allowance is used up: audio is given up until tomorrow (UTC)"
                    : "a new day's allowance: audio is sent again",
                metadata: ["key": "listen.daily_minutes"])
        }
    }

    /// Asks what is wrong, does what is ordered, and pets the watchdog if it may be petted.
    private func supervise() {
        let known = Set(supervisor.findings)
        let verdict = supervisor.examine(
            link: listenLog.state, isDiskTroubled: isDiskTroubled, now: ClockSample.now.boot)
        for finding in verdict.findings where !known.contains(finding) {
            logger.error("\(finding.sentence)", metadata: ["remedy": "\(finding.remedy)"])
        }
        for order in verdict.orders { carryOut(order) }
        if verdict.mayPet, manager.hasWatchdog { manager.notify("WATCHDOG=1") }
        // Behind everything that waits for the loop now.
        loop.assumeIsolated().execute { [weak self] in self?.supervisor.jobDone() }
    }

    private func carryOut(_ order: Verdict.Order) {
        logger.warning("recovery: \(order.stage.sentence)", metadata: ["of": "\(order.organ.rawValue)"])
        switch (order.organ, order.stage) {
        case (.capture, .reopenDevice): hearing.reopen()
        case (.capture, .reenumerate):
            Enumeration.forget()
            hearing.reopen()
        // A thread that hangs in a driver cannot be replaced beside itself: the new stage comes with a new
        // process, which goes on with the session, at the cost of one gap.
        case (_, .rebuildStage), (_, .restartProcess): failAndRestart()
        case (.playback, _), (.uplink, _), (.link, _), (.control, _), (.disk, _): break
        }
    }

    /// Ends the process at once, for the service manager to start it again. What waits is in the journal, and
    /// nothing that hangs is waited for.
    private func failAndRestart() {
        manager.notify("STATUS=starting again")
        logger.critical("starting again; the session goes on")
        exit(EX_TEMPFAIL)
    }

    func signalled(_ bytes: ByteBuffer) {
        var bytes = bytes
        while let record = bytes.readSlice(length: SignalSource.recordBytes) {
            guard let number = record.getInteger(at: record.readerIndex, endianness: .host, as: UInt32.self)
            else { return }
            switch SignalSource.wanted(by: number) {
            case .stop: stop()
            case .reload: reload()
            }
        }
    }

    /// Reads the key again. The rest of the configuration is read at the start only.
    private func reload() {
        guard !isStopping else { return }
        manager.notify("RELOADING=1", "MONOTONIC_USEC=\(Clocks.monotonic / 1_000)")
        do throws(AgentError) {
            let credential = try readCredential()
            logger.notice("the key was read again; everything else takes effect with the next start")
            delivering.link.replaceCredential(credential)
            for delivery in backlog.waiting + [live] where delivery !== delivering {
                delivery.link.replaceCredential(credential)
            }
            conversation?.link.replaceCredential(credential)
        } catch {
            logger.error("the key cannot be read; the one from before is kept", metadata: ["why": "\(error)"])
        }
        manager.notify("READY=1", "STATUS=\(statusLine)")
    }

    /// In order: no more sound comes in; what came in is sent, if that does not take long; the last results
    /// are waited for; the books are closed. What is not confirmed by then stays in the journal.
    package func stop() {
        guard !isStopping else { return }
        isStopping = true
        manager.notify("STOPPING=1", "STATUS=sending the last audio")
        logger.notice("stopping: sending the last audio, waiting for the last words")
        let here = NIOLoopBound(self, eventLoop: loop)
        conversation?.interrupt()
        hearing.stop()
        recordsAppended()
        let link = delivering.link.finishAndClose(
            head: delivering.books.ledger.head, within: Self.sendTimeMax)
        let links = [link] + (conversation.map { [$0.link.finishAndClose()] } ?? [])
        // In a moment: what was told just now, such as the end of an utterance, is on its way to a client.
        EventLoopFuture.andAllComplete(links, on: loop).whenComplete { _ in
            here.eventLoop.execute { here.value.keepTheRest() }
        }
        loop.assumeIsolated().scheduleTask(in: Self.stopTimeMax) { [weak self] in
            guard let self, !self.isClosed else { return }
            self.logger.warning(
                "the service takes too long; what it has not answered for stays in the journal")
            self.keepTheRest()
        }
    }

    /// What is not confirmed goes to the disk: memory survives the program, not the machine.
    private func keepTheRest() {
        guard !isKeeping else { return }
        isKeeping = true
        allowance?.save()
        let unkept = (backlog.waiting + [live]).filter { $0.books.ledger.pending > .zero }
        guard !unkept.isEmpty else { return closeBooks() }
        manager.notify("EXTEND_TIMEOUT_USEC=15000000", "STATUS=keeping what was not answered for")
        let here = NIOLoopBound(self, eventLoop: loop)
        var left = unkept.count
        for delivery in unkept {
            delivery.log.spillAll(now: delivery.now) { isDone in
                if !isDone { here.value.logger.warning("the disk does not keep what waits; memory does") }
                left -= 1
                if left == 0 { here.value.closeBooks() }
            }
        }
        loop.assumeIsolated().scheduleTask(in: Self.spillTimeMax) { [weak self] in self?.closeBooks() }
    }

    /// It could not go to work: ends what runs, and leaves no socket behind.
    func giveUp(_ error: any Error) {
        isStopping = true
        let here = NIOLoopBound(self, eventLoop: loop)
        hearing.stop()
        conversation?.line.stop()
        live.close(at: ClockSample.now.boot) {}
        let closed = control?.close() ?? loop.makeSucceededVoidFuture()
        closed.whenComplete { _ in
            here.value.disk.stop()
            here.value.stopped.fail(error)
        }
    }

    private func closeBooks() {
        guard !isClosed else { return }
        isClosed = true
        conversation?.line.stop()
        timer?.stop()
        levelsWanted()
        for watch in watches { watch.close() }
        var open = backlog.waiting + [live]
        let closed = { [weak self] in
            open.removeFirst()
            if open.isEmpty { self?.end() }
        }
        for delivery in open { delivery.close(at: delivery.now, then: closed) }
        loop.assumeIsolated().scheduleTask(in: Self.diskTimeMax) { [weak self] in
            guard let self, !self.isEnded else { return }
            self.logger.error("the disk does not answer; the last lines of the transcript may be missing")
            self.end()
        }
    }

    private func end() {
        guard !isEnded else { return }
        isEnded = true
        let here = NIOLoopBound(self, eventLoop: loop)
        let ledger = live.books.ledger
        let rate = live.books.rate
        logger.notice(
            "stopped",
            metadata: [
                "captured_s": "\(ledger.captured.seconds(at: rate))",
                "confirmed_s": "\(ledger.confirmed.seconds(at: rate))",
                "pending_s": "\(ledger.pending.seconds(at: rate))",
            ])
        disk.stop()
        let closed = control?.close() ?? loop.makeSucceededVoidFuture()
        closed.whenComplete { _ in here.value.stopped.succeed(()) }
    }
}

extension ClockSample {
    /// Both clocks, now.
    static var now: ClockSample {
        let pair = Clocks.pair()
        return ClockSample(
            boot: BootTime(nanoseconds: pair.boottime), wall: WallTime(nanoseconds: pair.realtime))
    }
}

/// The kernel's name of this boot.
func machineBootID() throws(SystemError) -> String {
    let bytes = try Files.read("/proc/sys/kernel/random/boot_id")
    return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
}
