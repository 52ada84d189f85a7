import Glibc

/// What the process was given.
package enum Environment {
    /// All variables, names and values.
    package static var all: [(String, String)] {
        var variables: [(String, String)] = []
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            let text = unsafe String(cString: entry)
            if let split = text.firstIndex(of: "=") {
                variables.append((String(text[..<split]), String(text[text.index(after: split)...])))
            }
            unsafe next += 1
        }
        return variables
    }
}

/// Standard output, a line at a time.
package enum StandardOutput {
    package static func write(_ line: String) { writeLine(line, to: STDOUT_FILENO) }
}

/// Standard error, a line at a time; one write(2) each, so that lines of several programs do not mix.
package enum StandardError {
    package static func write(_ line: String) { writeLine(line, to: STDERR_FILENO) }

    /// Whether it goes to the journal. `stream` is `$JOURNAL_STREAM`, device and inode: programs started from
    /// a service, and terminals of a desktop session, inherit the variable without the stream.
    package static func isJournal(_ stream: String?) -> Bool {
        guard let stream else { return false }
        var status = stat()
        guard unsafe fstat(STDERR_FILENO, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }
}

private func writeLine(_ line: String, to descriptor: Int32) {
    var bytes = Array(line.utf8)
    bytes.append(0x0A)
    var done = 0
    while done < bytes.count {
        let written = unsafe bytes.withUnsafeBufferPointer {
            unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + done }, bytes.count - done)
        }
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { return }
        done += written
    }
}

/// Ends the process with `status`.
package func leave(_ status: Int32) -> Never { exit(status) }
