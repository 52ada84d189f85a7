import CSys
import Glibc

/// Tells the service manager how we are: sd_notify(3), spoken natively. Without a manager nothing happens.
package struct ServiceManager: Sendable {
    private let socket: String?

    /// Listens to `$NOTIFY_SOCKET`; forms other than a path or an abstract name are ignored.
    package init(notifySocket: String?) {
        socket = notifySocket.flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
    }

    /// Sends `lines` (`READY=1`, `STATUS=…`) as one datagram.
    package func notify(_ lines: String...) {
        guard let socket else { return }
        let message = lines.joined(separator: "\n")
        _ = unsafe csys_notify(socket, message, message.utf8.count)
    }
}

/// The signals that end or reload the program, as a descriptor an event loop can watch.
package struct SignalSource: Sendable {
    package enum Wanted: Sendable { case stop, reload }

    package let fileDescriptor: Int32

    /// Blocks SIGTERM, SIGINT and SIGHUP for all threads started later and ignores SIGPIPE: call first thing in `main`.
    package init() throws(SystemError) {
        let descriptor = csys_signals()
        guard descriptor >= 0 else { throw SystemError("signalfd", code: -descriptor) }
        fileDescriptor = descriptor
    }

    /// The next pending signal, or nil.
    package func next() -> Wanted? {
        let signal = csys_next_signal(fileDescriptor)
        if signal == 0 { return nil }
        return signal == SIGHUP ? .reload : .stop
    }
}
