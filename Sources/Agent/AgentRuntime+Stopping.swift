import Audio
import Control
import ControlProtocol
import Logging
import NIOCore
import SpeechLink
import System
import Timeline
import Transcript

// The agent's small clockwork, and its orderly end.

extension AgentRuntime {
    /// For the last audio, the last words and the closing of both links: less than the 15 s after which the
    /// service manager kills (`TimeoutStopSec=`), so that the books are always closed.
    static let stopTimeMax = TimeAmount.seconds(12)
    /// Between two status lines for the service manager while no link changes.
    static let statusLineSeconds = 10

    /// Levels come ten times a second while somebody watches them; nobody wakes the board for them otherwise.
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
        books.sampled(.now)
        books.enforceBounds(now: ClockSample.now.boot)
        announceStates()
        seconds += 1
        if seconds % Self.statusLineSeconds == 0, !isStopping { manager.notify("STATUS=\(statusLine)") }
    }

    func signalled(_ bytes: ByteBuffer) {
        var bytes = bytes
        while let record = bytes.readSlice(length: SignalSource.recordBytes) {
            guard let number = record.getInteger(at: record.readerIndex, endianness: .host, as: UInt32.self)
            else { return }
            switch SignalSource.wanted(by: number) {
            case .stop: stop()
            case .reload:
                logger.notice("a changed configuration takes effect with the next start of the daemon")
            }
        }
    }

    /// In order: no more sound comes in; what came in is sent; the last results are waited for; the books are
    /// closed.
    package func stop() {
        guard !isStopping else { return }
        isStopping = true
        manager.notify("STOPPING=1", "STATUS=sending the last audio")
        logger.notice("stopping: sending the last audio, waiting for the last words")
        let here = NIOLoopBound(self, eventLoop: loop)
        conversation?.interrupt()
        hearing.stop()
        recordsAppended()
        let links = [listen.finishAndClose()] + (conversation.map { [$0.link.finishAndClose()] } ?? [])
        // In a moment: what was told just now, such as the end of an utterance, is on its way to a client.
        EventLoopFuture.andAllComplete(links, on: loop).whenComplete { _ in
            here.eventLoop.execute { here.value.closeBooks() }
        }
        loop.assumeIsolated().scheduleTask(in: Self.stopTimeMax) { [weak self] in
            guard let self, !self.isClosed else { return }
            self.logger.warning("the service takes too long; what it has not answered for is lost")
            self.closeBooks()
        }
    }

    /// It could not go to work: ends what runs, and leaves no socket behind.
    func giveUp(_ error: any Error) {
        isStopping = true
        let here = NIOLoopBound(self, eventLoop: loop)
        hearing.stop()
        conversation?.line.stop()
        books.close(at: ClockSample.now.boot)
        let closed = control?.close() ?? loop.makeSucceededVoidFuture()
        closed.whenComplete { _ in here.value.stopped.fail(error) }
    }

    private func closeBooks() {
        guard !isClosed else { return }
        isClosed = true
        let here = NIOLoopBound(self, eventLoop: loop)
        conversation?.line.stop()
        books.close(at: ClockSample.now.boot)
        timer?.stop()
        levelsWanted()
        for watch in watches { watch.close() }
        let ledger = books.ledger
        logger.notice(
            "stopped",
            metadata: [
                "captured_s": "\(ledger.captured.seconds(at: books.rate))",
                "confirmed_s": "\(ledger.confirmed.seconds(at: books.rate))",
                "pending_s": "\(ledger.pending.seconds(at: books.rate))",
            ])
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
