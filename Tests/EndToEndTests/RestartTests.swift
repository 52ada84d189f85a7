import ControlProtocol
import Glibc
import Testing

extension EndToEnd {
    /// The daemon ends, or is ended, and is started again: the session goes on, and all that is missing is
    /// what was said while nobody listened.
    @Suite
    struct Restarts {
        /// What the daemon is about when it is killed.
        enum Phase: String, CaseIterable {
            case connecting, streaming, inOutage, catchingUp, stopping, twice
        }

        @Test(arguments: Phase.allCases)
        func nothingThatWasCapturedIsLostWhenItIsKilled(phase: Phase) throws {
            let revival = try Revival()
            let session = try bring(revival, to: phase)
            if phase == .twice {
                try revival.kill()
                try revival.start()
                try revival.status("a little sound") { $0.link.state == "open" && $0.uplink.packets >= 5 }
            }
            try revival.kill()
            revival.service.child.signal(SIGCONT)
            try revival.restoreService()
            try revival.start()
            try goOn(revival, session)
            try revival.expectNothingLost(in: revival.stop())
            try revival.service.stop()
        }

        @Test()
        func anOrderlyRestartCostsOneGap() throws {
            let revival = try Revival()
            let session = try bring(revival, to: .streaming)
            let before = try revival.stop()
            #expect(try before.check().pending == 0)
            try revival.start()
            try goOn(revival, session)
            try revival.expectNothingLost(in: revival.stop())
            try revival.service.stop()
        }

        @Test()
        func whatWaitsDuringAnOutageIsKeptOverAStop() throws {
            let revival = try Revival()
            let session = try bring(revival, to: .inOutage)
            let before = try revival.stop()
            let waiting = try before.check().pending
            #expect(waiting >= 32_000)
            try revival.restoreService()
            try revival.start()
            try goOn(revival, session)
            try revival.expectNothingLost(in: revival.stop())
            try revival.service.stop()
        }

        /// As long as it takes to have both keys at the service, which is how keys are changed.
        @Test func aNewKeyTakesEffectWithoutARestart() throws {
            let revival = try Revival(isLocked: true)
            try revival.start()
            try revival.status("two seconds confirmed") { $0.ledger.confirmed >= 32_000 }
            try write("another-\(Station.key)\n", to: revival.station.keyPath)
            revival.signal(SIGHUP)
            try waitForReload(revival)
            try revival.loseService()
            try write("another-\(Station.key)\n", to: revival.keysPath)
            try revival.restoreService()
            let status = try revival.status("two seconds more") {
                $0.link.state == "open" && $0.ledger.confirmed >= 80_000 && $0.ledger.pending <= 24_000
            }
            #expect(status.link.lastError?.message.contains("401") != true)
            try revival.expectNothingLost(in: revival.stop())
            try revival.service.stop()
        }

        @Test func aNewKeyEndsTheWaitThatARevokedOneBegan() throws {
            let revival = try Revival(isLocked: true)
            try revival.start()
            try revival.status("two seconds confirmed") { $0.ledger.confirmed >= 32_000 }
            try revival.loseService()
            try write("another-\(Station.key)\n", to: revival.keysPath)
            try revival.restoreService()
            try revival.status("the refusal") { $0.link.state == "refused" }
            try write("another-\(Station.key)\n", to: revival.station.keyPath)
            revival.signal(SIGHUP)
            try revival.status("all that waited confirmed") {
                $0.link.state == "open" && $0.ledger.confirmed >= 64_000 && $0.ledger.pending <= 24_000
            }
            try revival.expectNothingLost(in: revival.stop())
            try revival.service.stop()
        }

        // MARK: parts

        /// Starts the daemon and waits until it is in `phase`; returns the session's name.
        private func bring(_ revival: Revival, to phase: Phase) throws -> String {
            if phase == .connecting {
                revival.service.child.signal(SIGSTOP)
                try revival.start()
                return try revival.status("two seconds that wait") {
                    $0.link.state == "connecting" && $0.ledger.captured >= 32_000
                }.session
            }
            try revival.start()
            let status = try revival.status("two seconds confirmed") { $0.ledger.confirmed >= 32_000 }
            switch phase {
            case .connecting, .streaming, .twice: break
            case .inOutage:
                try loseService(revival, forFrames: 48_000)
            case .catchingUp:
                try loseService(revival, forFrames: 80_000)
                try revival.restoreService()
                try revival.status("a part of the backlog answered") {
                    $0.ledger.confirmed > status.ledger.captured + 16_000
                }
            case .stopping:
                revival.service.child.signal(SIGSTOP)
                revival.signal(SIGTERM)
                try waitFor("the daemon to be stopping") {
                    revival.daemon?.errors.contains("stopping") == true ? true : nil
                }
            }
            return status.session
        }

        private func loseService(_ revival: Revival, forFrames frames: Int64) throws {
            let before = try revival.status("a status") { _ in true }.ledger.captured
            try revival.loseService()
            try revival.status("audio that waits") {
                $0.link.state == "waiting" && $0.ledger.captured >= before + frames
            }
        }

        /// The session goes on, and everything that waited is answered for.
        private func goOn(_ revival: Revival, _ session: String) throws {
            let begun = try revival.status("sound") { $0.uplink.packets >= 10 }
            #expect(begun.session == session)
            try revival.status("all that waited confirmed", seconds: 120) {
                $0.link.state == "open" && $0.uplink.packets >= 30 && $0.ledger.pending <= 24_000
            }
        }

        private func waitForReload(_ revival: Revival) throws {
            try waitFor("the daemon to read its key again") {
                revival.daemon?.errors.contains("the key was read again") == true ? true : nil
            }
        }
    }
}
