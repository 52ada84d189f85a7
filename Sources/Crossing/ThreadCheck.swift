import CSys

/// Debug builds: remembers the first thread that uses an end and traps on another. Release builds: nothing.
struct ThreadCheck: Sendable {
    #if DEBUG
        private var thread: Int32 = 0
    #endif

    /// RT-safe.
    @_noAllocation @_noLocks
    mutating func check() {
        #if DEBUG
            let current = unsafe _unsafePerformance { csys_thread_id() }
            if thread == 0 { thread = current }
            precondition(
                thread == current, "an end of a ring is used by two threads; hand it over explicitly")
        #endif
    }
}
