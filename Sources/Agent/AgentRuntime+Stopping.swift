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
    /// Ten times a second, for those who watch levels.
    func eachMoment() {
        announceStates()
        guard control?.isWanted(.level) == true else { return }
        publish(.level(LevelEvent(status.level)))
    }

    /// Both clocks are read; what could not be written is tried again.
    func eachSecond() {
        books.sampled(.now)
        books.enforceBounds(now: ClockSample.now.boot)
        manager.notify("STATUS=\(statusLine)")
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
        EventLoopFuture.andAllComplete(links, on: loop).whenComplete { _ in here.value.closeBooks() }
    }

    private func closeBooks() {
        let here = NIOLoopBound(self, eventLoop: loop)
        conversation?.line.stop()
        books.close(at: ClockSample.now.boot)
        for timer in timers { timer.stop() }
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
