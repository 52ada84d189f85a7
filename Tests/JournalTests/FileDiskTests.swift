import Glibc
import Journal
import System
import Testing

@Suite struct FileDiskTests {
    private func withDisk(_ body: (FileDisk) throws -> Void) throws {
        let disk = FileDisk(directory: try Files.makeTemporaryDirectory(prefix: "disk"))
        defer {
            for name in (try? disk.names(in: "")) ?? [] { try? disk.remove(name) }
            try? disk.removeDirectory("")
        }
        try body(disk)
    }

    @Test func bytesLieWhereTheyWereWritten() throws {
        try withDisk { disk in
            try disk.write([1, 2, 3, 4], to: "a", at: 0, creating: true, synchronise: true)
            try disk.write([9, 9], to: "a", at: 3, creating: false, synchronise: false)
            #expect(try disk.read("a") == [1, 2, 3, 9, 9])
            try disk.truncate("a", to: 2)
            #expect(try disk.read("a") == [1, 2])
            try disk.synchronise("")
            try disk.remove("a")
            try disk.remove("a")
            #expect(try disk.names(in: "").isEmpty && disk.names(in: "nothing").isEmpty)
        }
    }

    @Test func nothingIsWrittenOverAndNoLinkIsFollowed() throws {
        try withDisk { disk in
            try disk.write([1], to: "a", at: 0, creating: true, synchronise: false)
            #expect(throws: SystemError("open", "\(disk.directory)/a", code: EEXIST)) {
                try disk.write([2], to: "a", at: 0, creating: true, synchronise: false)
            }
            #expect(symlink("\(disk.directory)/a", "\(disk.directory)/b") == 0)
            #expect(throws: SystemError("open", "\(disk.directory)/b", code: ELOOP)) {
                try disk.write([2], to: "b", at: 0, creating: false, synchronise: false)
            }
            #expect(!disk.isDirectory("b") && !disk.isDirectory("a"))
            #expect(try disk.read("a") == [1])
        }
    }

    /// A device without room is a full disk that needs no preparation.
    @Test func aFullDiskSaysSo() throws {
        #expect(throws: SystemError("write", "/dev/full", code: ENOSPC)) {
            try FileDisk(directory: "/dev").write(
                [1], to: "full", at: 0, creating: false, synchronise: false)
        }
        #expect(throws: SystemError("mkdir", "/dev/null/x", code: ENOTDIR)) {
            try FileDisk(directory: "/dev/null").makeDirectory("x")
        }
    }
}
