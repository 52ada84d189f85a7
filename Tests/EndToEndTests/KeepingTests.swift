import ControlProtocol
import Glibc
import System
import TestDevice
import Testing

extension EndToEnd {
    /// What is kept of audio that cannot be sent, for how long, and what is given up on purpose.
    @Suite struct Keeping {
        private static let rate = 16_000

        /// What is in memory is gone, as after a power cut; what is on disk is delivered first, to the
        /// transcript it belongs to.
        @Test func aPowerCutInAnOutageCostsASecondAtMost() throws {
            let revival = try Revival(["journal.durability": "\"power\""])
            try revival.start()
            try revival.status("two seconds confirmed") { $0.ledger.confirmed >= 32_000 }
            try revival.loseService()
            let before = try revival.status("three seconds on disk") { $0.journal.diskSeconds >= 3 }
            try revival.kill()
            try Files.remove(revival.station.path("run/journal.ring"))
            try revival.restoreService()
            try revival.start()
            try revival.status("both sessions delivered", seconds: 90) {
                $0.journal.backlogSessions == 0 && $0.link.state == "open" && $0.ledger.confirmed >= 32_000
            }
            let daemon = try #require(revival.daemon)
            daemon.signal(SIGTERM)
            #expect(try daemon.wait() == 0)
            let transcripts = try revival.station.transcripts()
            try #require(transcripts.count == 2)
            let old = transcripts[0]
            #expect(old.head.session == before.session)
            #expect(transcripts[1].head.predecessor == before.session)
            let words = old.words
            var end = 0
            for word in words {
                #expect(Int((word.start * 16_000).rounded()) == end && word.word == "r\(end % 65_536)")
                end = Int((word.end * 16_000).rounded())
            }
            #expect(end >= Int(before.ledger.captured) - 17_600, "more than a second was lost")
            #expect(old.ledger?.pending == 0)
            #expect(try Files.names(in: revival.station.path("journal")).count <= 1)
            try revival.service.stop()
        }

        @Test func freshAudioIsSentAndStaleAudioIsGivenUpWithAGap() throws {
            let revival = try Revival(["delivery": "\"fresh\"", "journal.fresh_age": "\"2s\""])
            try revival.start()
            try revival.status("a second confirmed") { $0.ledger.confirmed >= 16_000 }
            try revival.loseService()
            try revival.status("stale audio given up") { ($0.ledger.dropped["expired"] ?? 0) >= 32_000 }
            try revival.restoreService()
            try revival.status("sound on its way again") {
                $0.link.state == "open" && $0.ledger.pending <= 24_000
            }
            let transcript = try revival.stop()
            let ledger = try transcript.check()
            #expect(Set(transcript.gaps.map(\.cause)) == ["expired"])
            let lost = transcript.gaps.map { Int((($0.end - $0.start) * 16_000).rounded()) }.reduce(0, +)
            #expect(ledger.dropped == ["expired": lost] && ledger.pending == 0)
            // Each word names its place: what follows the gap is where it belongs.
            for word in transcript.words where word.word.first == "r" {
                #expect(word.word == "r\(Int((word.start * 16_000).rounded()) % 65_536)")
            }
            try revival.service.stop()
        }

        @Test func mutingTakesBackWhatIsNotSentIfItShall() throws {
            let revival = try Revival(["journal.purge_on_mute": "true"])
            try revival.start()
            try revival.status("a second confirmed") { $0.ledger.confirmed >= 16_000 }
            try revival.loseService()
            let waiting = try revival.status("audio that waits") {
                $0.link.state == "waiting" && $0.ledger.pending >= 32_000
            }
            #expect(try revival.station.tool("mute").wait() == 0)
            try revival.status("it to be taken back") {
                ($0.ledger.dropped["purged"] ?? 0) >= waiting.ledger.pending / 2
            }
            try revival.restoreService()
            #expect(try revival.station.tool("unmute").wait() == 0)
            try revival.status("sound again") {
                $0.link.state == "open" && $0.ledger.captured >= waiting.ledger.captured + 16_000
                    && $0.ledger.pending <= 24_000
            }
            let transcript = try revival.stop()
            let ledger = try transcript.check()
            #expect(ledger.pending == 0 && Set(ledger.dropped.keys) == ["purged"])
            #expect(Set(transcript.gaps.map(\.cause)) == ["purged", "muted"])
            let heard = try revival.service.recordings("listen").flatMap(\.self)
            let unmuted = transcript.gaps.filter { $0.cause == "muted" }.map(\.end).max() ?? 0
            let first = Int(UInt16(bitPattern: heard.first ?? 0))
            #expect(first == Int((unmuted * 16_000).rounded()) % 65_536, "what was taken back is heard")
            try revival.service.stop()
        }

        @Test func theServiceManagerIsToldAndTheWatchdogPetted() throws {
            let station = try Station()
            _ = try station.addMicrophone(.ramp)
            let service = try SpeechService(station, ["--listen-engine", "none"])
            let manager = try NotifySocket(path: station.path("run/notify.sock"))
            let daemon = try station.startDaemon(
                service.settings,
                environment: [("NOTIFY_SOCKET", manager.path), ("WATCHDOG_USEC", "30000000")])
            try manager.next { $0.contains("READY=1") }
            for _ in 0..<3 { try manager.next { $0.contains("WATCHDOG=1") } }
            try manager.next { $0.contains("STATUS=capture running") }
            daemon.signal(SIGHUP)
            try manager.next { $0.contains("RELOADING=1") && $0.contains("MONOTONIC_USEC=") }
            try manager.next { $0.contains("READY=1") }
            daemon.signal(SIGTERM)
            try manager.next { $0.contains("STOPPING=1") }
            #expect(try daemon.wait() == 0)
            try service.stop()
        }
    }
}

/// The service manager's end of sd_notify(3).
private final class NotifySocket {
    let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard bound == 0 else { throw SystemError("bind", path, code: errno) }
    }

    deinit { close(descriptor) }

    /// Passes over messages up to the first that is `wanted`.
    func next(_ wanted: (String) -> Bool) throws {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { throw SystemError("recv", path, code: errno) }
            if wanted(String(decoding: buffer.prefix(count), as: UTF8.self)) { return }
        }
    }
}
