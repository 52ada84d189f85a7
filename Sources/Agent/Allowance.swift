import Audio
import ControlProtocol
import Logging
import SpeechProtocol
import System
import Timeline

/// The audio that may be sent in a day: counted as it is sent, and kept in a small file, so that a restart
/// gives no second allowance.
///
/// Belongs to the event loop.
final class Allowance {
    /// Between two writings of the file.
    private static let savingSeconds = 60

    private var cap: DailyCap
    private let limit: Duration
    private let path: String
    private let disk: DiskThread
    private let clock: () -> ClockSample
    private var saved: DailyCap.Snapshot
    private var seconds = 0
    private var isSaving = false

    /// `minutes` of audio a day, positive; what earlier runs have used is read from the file at `path`.
    init(minutes: Int, path: String, disk: DiskThread, clock: @escaping () -> ClockSample) {
        let bytes = (try? Files.read(path)) ?? []
        saved = (try? JSONLine.decode(from: bytes)) ?? DailyCap.Snapshot()
        cap = DailyCap(minutes: minutes, restored: saved)
        limit = .seconds(minutes * 60)
        self.path = path
        self.disk = disk
        self.clock = clock
    }

    /// Whether `frames` at `rate` may still be sent today.
    func admits(_ frames: FrameCount, at rate: SampleRate) -> Bool {
        cap.admits(frames, at: rate, wall: clock().wall)
    }

    /// `frames` at `rate` were sent.
    func sent(_ frames: FrameCount, at rate: SampleRate) { cap.sent(frames, at: rate, wall: clock().wall) }

    var status: QuotaStatus {
        QuotaStatus(
            usedSeconds: cap.used(wall: clock().wall) / .seconds(1), limitSeconds: limit / .seconds(1))
    }

    /// Another second has passed: what was used is written down now and then.
    func eachSecond() {
        seconds += 1
        if seconds % Self.savingSeconds == 0 { save() }
    }

    /// Writes down what was used, if it is more than when it was last written. A disk that does not take it
    /// is asked again a minute later.
    func save() {
        let snapshot = cap.snapshot
        guard snapshot != saved, !isSaving, let bytes = try? JSONLine.encode(snapshot) else { return }
        isSaving = true
        let path = path
        disk.run {
            do throws(SystemError) {
                try Files.replace(path, with: bytes)
                return true
            } catch {
                return false
            }
        } then: { [weak self] isDone in
            self?.isSaving = false
            if isDone { self?.saved = snapshot }
        }
    }
}
