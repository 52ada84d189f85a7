import Crossing
import Glibc
import System
import Testing
import Timeline

/// A program that is killed while it appends, and one that takes up what it left.
@Suite struct KilledProgramTests {
    /// The child knows its parent: that is how both know the files.
    private static func path(_ parent: pid_t) -> String { "/dev/shm/earpost-killed-\(parent).ring" }

    @Test func whateverAppendReturnedForIsThereAfterAKill() async throws {
        let path = Self.path(getpid())
        let said = path + ".said"
        defer {
            unlink(path)
            unlink(said)
        }
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let path = KilledProgramTests.path(getppid())
            let ring = try RecordRing.create(path: path, capacityBytes: 1 << 20, identity: [42])
            let appender = Killed(
                ring.producer, log: open(path + ".said", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
            // Another thread kills, at a moment of its own.
            let killer = try WorkerThread(name: "killer") {
                while appender.done.value < 2_000 { sched_yield() }
                kill(getpid(), SIGKILL)
            }
            appender.run()
            killer.join()
        }
        let resumed = try RecordRing.resume(path: path)
        #expect(resumed.identity == [42])
        #expect(resumed.report.droppedBytes == 0)
        var consumer = resumed.ring.consumer
        let numbers = Numbered.all(in: &consumer)
        let told = try Files.read(said).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        #expect(told >= 2_000)
        #expect(numbers == Array(0..<numbers.count))
        // The last one may have been whole before `append` returned.
        #expect(numbers.count == Int(told) || numbers.count == Int(told) + 1)
    }
}

/// Appends until it is killed, and says on the side how many times `append` has returned.
private final class Killed: @unchecked Sendable {
    let done = Counter()
    private var producer: RecordProducer
    private let log: Int32

    init(_ producer: consuming RecordProducer, log: Int32) {
        self.producer = producer
        self.log = log
    }

    func run() {
        var number = 0
        while Numbered.append(number, to: &producer) {
            number += 1
            var count = UInt64(number)
            pwrite(log, &count, 8, 0)
            done.add()
        }
        // Full, and still alive: the killer comes.
        while true { sched_yield() }
    }
}
