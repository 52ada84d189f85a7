import Glibc
import System
import Testing

@Suite final class FilesTests {
    private let directory: String

    init() throws { directory = try Files.makeTemporaryDirectory(prefix: "earpost-test") }

    deinit {
        for name in ["/lines", "/big", "/a/b/c", "/a/b", "/a", ""] { remove(directory + name) }
    }

    @Test func appendedLinesAreWholeAndATornOneIsEnded() throws {
        let path = directory + "/lines"
        do {
            let file = try AppendedFile(path: path)
            try file.append("one")
        }
        let descriptor = unsafe open(path, O_WRONLY | O_APPEND)
        _ = unsafe write(descriptor, "torn", 4)
        close(descriptor)
        do {
            let file = try AppendedFile(path: path)
            try file.append("two")
        }
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        #expect(text == "one\ntorn\ntwo\n")
    }

    @Test func errorsNameTheFile() {
        #expect(throws: SystemError("open", "/nonexistent/file", code: ENOENT)) {
            try Files.read("/nonexistent/file")
        }
        #expect(SystemError("open", "/x", code: EACCES).description == "/x: open: Permission denied")
    }

    @Test func aFileAboveTheLimitIsRefused() throws {
        let path = directory + "/big"
        let file = try AppendedFile(path: path)
        try file.append(String(repeating: "x", count: 100))
        #expect(throws: SystemError("read", path, code: EFBIG)) { try Files.read(path, limit: 50) }
    }

    @Test func directoriesAreMadeWithThoseAbove() throws {
        let path = directory + "/a/b/c"
        try Files.makeDirectory(path)
        try Files.makeDirectory(path)
        let names = try Files.names(in: path + "/..")
        #expect(names == ["c"])
        #expect(throws: SystemError.self) { try Files.makeDirectory("/proc/self/stat/x") }
    }
}

@Suite struct ServiceManagerTests {
    @Test func oneDatagramGoesToTheSocket() throws {
        // An abstract name, as the manager may give.
        let name = "@earpost-test-\(getpid())"
        let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: name.utf8)
            unsafe $0[0] = 0
        }
        let length = socklen_t(2 + name.utf8.count)
        let bound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(receiver, $0, length) }
        }
        #expect(bound == 0)
        ServiceManager(notifySocket: name).notify("READY=1", "STATUS=fine")
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = unsafe recv(receiver, &buffer, buffer.count, 0)
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "READY=1\nSTATUS=fine")
        close(receiver)
    }

    @Test func withoutAManagerNothingHappens() {
        ServiceManager(notifySocket: nil).notify("READY=1")
        ServiceManager(notifySocket: "vsock:2:1234").notify("READY=1")
    }
}

@Suite struct ClocksTests {
    @Test func theClocksOfAPairBelongTogether() {
        let before = Clocks.boottime
        let pair = Clocks.pair()
        #expect(pair.boottime >= before)
        #expect(pair.boottime <= Clocks.boottime)
        #expect(pair.realtime > 1_700_000_000_000_000_000)
    }

    @Test func aThreadRunsItsBodyAndCanBeJoined() throws {
        let thread = try WorkerThread(name: "a name that is far too long", priority: 10) {
            _ = Clocks.monotonic
        }
        thread.join()
    }
}

@Suite struct ChildProcessTests {
    private func start(_ script: String) throws -> ChildProcess {
        try ChildProcess(["/bin/sh", "-c", script], environment: [], log: "/dev/null")
    }

    @Test func anEndThatWasTakenNoteOfIsNotWaitedForAgain() throws {
        let child = try start("exit 3")
        var status: Int32?
        while status == nil {
            status = child.poll()
            usleep(1_000)
        }
        #expect(status == 3)
        #expect(child.poll() == ChildProcess.statusLost)
        // And it goes without a wait, here.
    }

    @Test func aChildHasAProcessGroupOfItsOwnAndEndsWhenItIsForgotten() throws {
        let pid: pid_t
        do {
            let child = try start("sleep 60")
            pid = child.pid
            #expect(getpgid(pid) == pid)
        }
        #expect(kill(pid, 0) != 0)
    }

    @Test func aChildIsAskedToEnd() throws {
        let child = try start("exec sleep 60")
        child.terminate()
        #expect(child.wait(seconds: 30) == 128 + SIGTERM)
    }
}
