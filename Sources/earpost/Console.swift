import Glibc

/// Standard output and error, unbuffered: a line is out when the call returns.
enum Console {
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns of the terminal; 80 where it does not say.
    static var columns: Int {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes `text` and a newline to standard output.
    static func print(_ text: String) { write(Array("\(text)\n".utf8), to: STDOUT_FILENO) }

    /// Writes `bytes` as they are to standard output.
    static func pass(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    /// Writes `text` to standard error, after the program's name.
    static func complain(_ text: String) { write(Array("earpost: \(text)\n".utf8), to: STDERR_FILENO) }

    /// Leaves quietly when nobody reads any more, as `earpost tail | head` has it.
    private static func write(_ bytes: [UInt8], to descriptor: CInt) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                Glibc.exit(errno == EPIPE ? 0 : ExitStatus.software.rawValue)
            }
        }
    }
}

/// How the process takes signals.
enum Signals {
    /// A write to a closed pipe or socket becomes an error of that write.
    static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }

    /// From now on Ctrl-C and a polite kill end the process well: it did what it was to do until then.
    static func endWellWhenInterrupted() {
        let handler: @convention(c) (CInt) -> Void = { _ in
            // What is live on the terminal stays; the prompt goes below it.
            var newline = UInt8(ascii: "\n")
            if isatty(STDOUT_FILENO) == 1 { _ = unsafe Glibc.write(STDOUT_FILENO, &newline, 1) }
            _exit(0)
        }
        _ = signal(SIGINT, handler)
        _ = signal(SIGTERM, handler)
    }
}
