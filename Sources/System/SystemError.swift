import Glibc

/// A system call failed: its name, what it was about, and the errno.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    package let operation: String
    /// A path, a thread's name, a socket; empty where there is none.
    package let subject: String
    package let code: Int32

    package init(_ operation: String, _ subject: String = "", code: Int32) {
        self.operation = operation
        self.subject = subject
        self.code = code
    }

    /// What errno `code` means, in the C library's words.
    package static func text(of code: Int32) -> String {
        unsafe String(cString: strerror(code))
    }

    package var description: String {
        subject.isEmpty
            ? "\(operation): \(Self.text(of: code))" : "\(subject): \(operation): \(Self.text(of: code))"
    }
}
