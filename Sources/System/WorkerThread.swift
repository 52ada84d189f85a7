import CSys

/// A joinable thread with a name, a small stack and, where the system allows it, real-time scheduling.
package struct WorkerThread: ~Copyable {
    private let handle: UInt64
    /// The thread runs under `SCHED_FIFO`.
    package let isRealtime: Bool

    /// Starts a thread that runs `body` and ends with it.
    ///
    /// `priority` 1…99 asks for `SCHED_FIFO`; 0, or a refusal (`LimitRTPRIO=`), gives ordinary scheduling.
    /// `name` is seen in `ps -T`, at most 15 bytes. `stackBytes`: 256 KiB holds a libasound call chain with
    /// plug-ins.
    package init(
        name: String, priority: Int = 0, stackBytes: Int = 256 << 10, body: sending @escaping () -> Void
    ) throws(SystemError) {
        let work = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
        var thread: UInt64 = 0
        var realtime: Int32 = 0
        let result = unsafe csys_thread_start(
            name, stackBytes, Int32(priority),
            { unsafe Unmanaged<Work>.fromOpaque($0).takeRetainedValue().body() },
            work, &thread, &realtime)
        guard result == 0 else {
            unsafe Unmanaged<Work>.fromOpaque(work).release()
            throw SystemError("pthread_create", name, code: -result)
        }
        handle = thread
        isRealtime = realtime == 1
    }

    /// Waits until the thread has ended.
    package consuming func join() {
        _ = csys_thread_join(handle)
        discard self
    }

    /// Nobody waits for it: it ends by itself.
    deinit { _ = csys_thread_detach(handle) }

    private final class Work {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }
}
