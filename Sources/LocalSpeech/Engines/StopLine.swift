import Glibc

/// A pipe that stops all running engines at once: they watch its reading end, which ends when `pull` is
/// called.
struct StopLine: Sendable {
    let reading: CInt
    private let writing: CInt

    /// - Returns: `nil` if the process has no descriptors left (`errno`).
    init?() {
        var ends: [CInt] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
    }

    /// Stops everything. Once.
    func pull() { _ = close(writing) }

    /// Frees the line when nobody watches it any more. Once, after `pull`.
    func remove() { _ = close(reading) }
}
