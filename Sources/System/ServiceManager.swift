import CSys
import Glibc

/// Tells the service manager how we are: sd_notify(3), spoken natively. Without a manager nothing happens.
package struct ServiceManager: Sendable {
    private let socket: String?
    /// Whether the manager waits for `WATCHDOG=1` (sd_watchdog_enabled(3)).
    package let hasWatchdog: Bool

    /// Listens to `$NOTIFY_SOCKET`; forms other than a path or an abstract name are ignored. `$WATCHDOG_USEC`
    /// and `$WATCHDOG_PID`, if that names this process, say whether the manager watches.
    package init(notifySocket: String?, watchdogMicroseconds: String? = nil, watchdogProcess: String? = nil) {
        socket = notifySocket.flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let isMeant = watchdogProcess.map { $0 == "\(getpid())" } ?? true
        hasWatchdog = isMeant && (watchdogMicroseconds.flatMap { Int64($0) } ?? 0) > 0
    }

    /// Sends `lines` (`READY=1`, `STATUS=…`) as one datagram.
    package func notify(_ lines: String...) {
        guard let socket else { return }
        let message = lines.joined(separator: "\n")
        _ = unsafe csys_notify(socket, message, message.utf8.count)
    }
}

/// The signals that end or reload the program, as a descriptor an event loop can watch (signalfd(2)).
package struct SignalSource: Sendable {
    /// What a signal asks of the process: SIGTERM and SIGINT to stop, SIGHUP to read its configuration again.
    package enum Wanted: Sendable { case stop, reload }

    /// What one signal reads as, in bytes (`struct signalfd_siginfo`); its number is the first four.
    package static let recordBytes = 128

    package let fileDescriptor: Int32

    /// Blocks SIGTERM, SIGINT and SIGHUP for all threads started later and ignores SIGPIPE: call first thing
    /// in `main`.
    package init() throws(SystemError) {
        let descriptor = csys_signals()
        guard descriptor >= 0 else { throw SystemError("signalfd", code: -descriptor) }
        fileDescriptor = descriptor
    }

    /// Whether a signal has come since the last look; takes it.
    package func take() -> Wanted? {
        var record = [UInt8](repeating: 0, count: Self.recordBytes)
        guard unsafe read(fileDescriptor, &record, record.count) == record.count else { return nil }
        return Self.wanted(by: UInt32(record[0]))
    }

    /// What the signal of this number asks for.
    package static func wanted(by number: UInt32) -> Wanted {
        number == UInt32(SIGHUP) ? .reload : .stop
    }
}
