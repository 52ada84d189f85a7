import FoundationEssentials
import Glibc

extension LocalSpeechServer {
    /// Says where the service is: one line `listening on URL` on standard output, unbuffered, and the port
    /// number in `portFile`, which appears complete or not at all.
    package func announce(portFile: String?) throws {
        if let portFile { try Data("\(port)\n".utf8).write(to: URL(filePath: portFile), options: .atomic) }
        let line = Array("listening on \(url)\n".utf8)
        // A closed standard output is the caller's own wish.
        _ = unsafe write(STDOUT_FILENO, line, line.count)
    }
}
