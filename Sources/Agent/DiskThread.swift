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

    /// `isInline`: jobs run on the loop at once, for simulations, whose disks take no time.
    init(on loop: any EventLoop, isInline: Bool = false) {
        self.loop = loop
        pool = isInline ? nil : NIOThreadPool(numberOfThreads: 1)
        pool?.start()
    }

    /// Runs `job` on the thread and `then`, with what it returned, on the loop.
    func run<Result: Sendable>(
        _ job: @escaping @Sendable () -> Result, then: @escaping (Result) -> Void
    ) {
        guard let pool else { return loop.assumeIsolated().execute { then(job()) } }
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

    /// Ends the thread once its jobs are done. A job that the disk holds is not waited for.
    func stop() { pool?.shutdownGracefully { _ in } }
}
