import Crossing
import Glibc
import System
import Testing

@Suite struct SampleRingTests {
    /// Writes as many of `bytes` as fit.
    private func write(_ bytes: [UInt8], to producer: inout SampleProducer) -> Int {
        var region = producer.region(atMost: bytes.count)
        let count = region.byteCount
        for index in 0..<count { region.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self) }
        producer.commit(count)
        return count
    }

    /// Reads and releases everything there is, at most `limit` bytes.
    private func read(_ limit: Int = .max, from consumer: inout SampleConsumer) -> [UInt8] {
        let region = consumer.region(atMost: limit)
        let count = region.byteCount
        var bytes: [UInt8] = []
        for index in 0..<count { bytes.append(region.unsafeLoad(fromByteOffset: index, as: UInt8.self)) }
        consumer.release(count)
        return bytes
    }

    @Test(arguments: [1, 3, 7, 64, 65_535, 65_536, 65_537])
    func holdsExactlyItsCapacity(capacity: Int) throws {
        let ring = try SampleRing(capacityBytes: capacity)
        var producer = ring.producer
        var consumer = ring.consumer
        let bytes = (0..<capacity + 5).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let written = write(bytes, to: &producer)
        #expect(written == capacity)
        let free = producer.freeBytes()
        #expect(free == 0)
        let more = write([1], to: &producer)
        #expect(more == 0, "a full ring takes nothing")
        let received = read(from: &consumer)
        #expect(received == Array(bytes.prefix(capacity)), "a full ring overwrote nothing")
        let empty = read(from: &consumer)
        #expect(empty.isEmpty)
    }

    @Test func everyRegionIsContiguousAtEveryOffsetOfTheWrap() throws {
        // The mapping is 64 KiB; a ring of 48 bytes written in steps of 7 passes every offset of its end.
        let ring = try SampleRing(capacityBytes: 48)
        var producer = ring.producer
        var consumer = ring.consumer
        var next: UInt8 = 0
        for _ in 0..<40_000 {
            let block = (0..<7).map { next &+ UInt8($0) }
            let written = write(block, to: &producer)
            #expect(written == 7)
            let received = read(from: &consumer)
            if received != block {
                Issue.record("after \(producer.written) bytes: \(received) instead of \(block)")
                return
            }
            next &+= 7
        }
        let passed = producer.written
        #expect(passed > 4 * 65_536)
    }

    @Test func whatIsNotReleasedStays() throws {
        let ring = try SampleRing(capacityBytes: 4)
        var producer = ring.producer
        var consumer = ring.consumer
        _ = write([1, 2, 3, 4], to: &producer)
        let first = read(2, from: &consumer)
        #expect(first == [1, 2])
        _ = write([5, 6, 7], to: &producer)
        let rest = read(from: &consumer)
        #expect(rest == [3, 4, 5, 6], "only what was released was filled again")
    }

    @Test func anEndKnowsThatTheOtherIsGone() throws {
        let ring = try SampleRing(capacityBytes: 8)
        var producer = ring.producer
        let consumer = ring.consumer
        let before = producer.isAbandoned
        #expect(!before)
        drop(consumer)
        let after = producer.isAbandoned
        #expect(after)
        let written = write([9], to: &producer)
        #expect(written == 1, "an abandoned ring still takes what fits")
    }

    @Test func theProducerMayGoFirstAndNothingIsLost() throws {
        let ring = try SampleRing(capacityBytes: 8)
        var producer = ring.producer
        var consumer = ring.consumer
        _ = write([1, 2, 3], to: &producer)
        drop(producer)
        let abandoned = consumer.isAbandoned
        #expect(abandoned)
        let received = read(from: &consumer)
        #expect(received == [1, 2, 3])
    }

    @Test(arguments: [1, 3, 64])
    func aMillionBytesCrossATinyRingInOrder(capacity: Int) throws {
        // With one byte of room every byte is a hand-over: a tenth of them shows the same.
        let total = capacity == 1 ? 100_000 : 1_000_000
        let ring = try SampleRing(capacityBytes: capacity)
        let source = Source(ring.producer, total: total)
        let thread = try WorkerThread(name: "producer") { source.run() }
        var consumer = ring.consumer
        var received = 0
        var wrong = 0
        while received < total {
            let region = consumer.region()
            let count = region.byteCount
            if count == 0 { sched_yield() }
            for index in 0..<count {
                let value = region.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                if value != UInt8(truncatingIfNeeded: (received + index) &* 7) { wrong += 1 }
            }
            received += count
            consumer.release(count)
        }
        thread.join()
        #expect(wrong == 0)
        let consumed = consumer.consumed
        #expect(consumed == UInt64(total))
    }
}

private func drop(_ end: consuming SampleProducer) {}
private func drop(_ end: consuming SampleConsumer) {}

/// The writing thread of the million-byte test.
private final class Source {
    private var producer: SampleProducer
    private let total: Int

    init(_ producer: consuming SampleProducer, total: Int) {
        self.producer = producer
        self.total = total
    }

    func run() {
        var sent = 0
        while sent < total {
            var region = producer.region(atMost: total - sent)
            let count = region.byteCount
            if count == 0 { sched_yield() }
            for index in 0..<count {
                region.storeBytes(
                    of: UInt8(truncatingIfNeeded: (sent + index) &* 7), toByteOffset: index, as: UInt8.self)
            }
            producer.commit(count)
            sent += count
        }
    }
}
