import NIOCore
import NIOPosix

/// The one thread that waits for the disk, so that neither the event loop nor sound ever does.
///
/// Jobs run one after the other, in the order given. Belongs to one event loop, which hears how they ended.
final class DiskThread {
    private let pool: NIOThreadPool?
    private let loop: any EventLoop
    /// Jobs given and not ended.
    private(set) var waiting = 0
    /// When the job that runs now was given; nil while none waits.
    private(set) var busySince: NIODeadline?

    /// What a job takes where it runs on the loop.
    private let jobTime: TimeAmount

    /// `isInline`: jobs run on the loop, for simulations: each takes `jobTime`, half of it before the disk is
    /// touched and half of it after.
    init(on loop: any EventLoop, isInline: Bool = false, jobTime: TimeAmount = .zero) {
        self.loop = loop
        self.jobTime = jobTime
        pool = isInline ? nil : NIOThreadPool(numberOfThreads: 1)
        pool?.start()
    }

    /// Runs `job` on the thread and `then`, with what it returned, on the loop.
    func run<Result: Sendable>(
        _ job: @escaping @Sendable () -> Result, then: @escaping (Result) -> Void
    ) {
        guard let pool else { return runInline(job, then) }
        waiting += 1
        if busySince == nil { busySince = .now() }
        let here = NIOLoopBound((self, then), eventLoop: loop)
        pool.runIfActive(eventLoop: loop, job).whenSuccess { result in
            let (thread, then) = here.value
            thread.waiting -= 1
            thread.busySince = thread.waiting > 0 ? .now() : nil
            then(result)
        }
    }

    private func runInline<Result>(_ job: @escaping () -> Result, _ then: @escaping (Result) -> Void) {
        let (loop, half) = (loop.assumeIsolated(), TimeAmount.nanoseconds(jobTime.nanoseconds / 2))
        loop.scheduleTask(in: half) {
            let result = job()
            loop.scheduleTask(in: half) { then(result) }
        }
    }

    /// A job has taken so long that the disk must be hanging.
    var isStalled: Bool { busySince.map { .now() - $0 > Self.stallTime } ?? false }

    private static let stallTime = TimeAmount.seconds(10)

    /// Ends the thread once its jobs are done. A job that the disk holds is not waited for.
    func stop() { pool?.shutdownGracefully { _ in } }
}
