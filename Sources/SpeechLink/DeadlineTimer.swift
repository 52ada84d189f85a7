import NIOCore
import Timeline

/// One timer of an event loop for whatever deadline is next. Deadlines that move back cost nothing: the timer
/// then fires early, finds nothing due, and is set again.
final class DeadlineTimer {
    private let loop: any EventLoop
    private let fired: () -> Void
    private var scheduled: (deadline: BootTime, task: Scheduled<Void>)?

    /// Runs on: `loop` only. `fired` should look what is due and call `set` again.
    init(on loop: any EventLoop, fired: @escaping () -> Void) {
        self.loop = loop
        self.fired = fired
    }

    /// Sees to it that `fired` is called at `deadline` or before; nil: no need.
    func set(_ deadline: BootTime?, now: BootTime) {
        guard let deadline else { return }
        if let scheduled {
            guard deadline < scheduled.deadline else { return }
            scheduled.task.cancel()
        }
        let delay = TimeAmount.nanoseconds(max(0, deadline.nanoseconds - now.nanoseconds))
        let task = loop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            guard let self else { return }
            self.scheduled = nil
            self.fired()
        }
        scheduled = (deadline, task)
    }

    func cancel() {
        scheduled?.task.cancel()
        scheduled = nil
    }
}
