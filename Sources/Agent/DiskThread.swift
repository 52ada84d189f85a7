import NIOCore
import NIOPosix

/// The one thread that waits for the disk, so that neither the event loop nor sound ever does.
///
/// Jobs run one after the other, in the order given. Belongs to one event loop, which hears how they ended.
final class DiskThread {
    private let pool = NIOThreadPool(numberOfThreads: 1)
    private let loop: any EventLoop
    /// Jobs given and not ended.
    private(set) var waiting = 0
    /// When the job that runs now was given; nil while none waits.
    private(set) var busySince: NIODeadline?

    init(on loop: any EventLoop) {
        self.loop = loop
        pool.start()
    }

    /// Runs `job` on the thread and `then`, with what it returned, on the loop.
    func run<Result: Sendable>(
        _ job: @escaping @Sendable () -> Result, then: @escaping (Result) -> Void
    ) {
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
    func stop() { pool.shutdownGracefully { _ in } }
}
