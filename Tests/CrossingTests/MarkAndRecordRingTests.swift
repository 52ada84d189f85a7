import Audio
import Crossing
import Glibc
import System
import Testing
import Timeline

@Suite struct MarkRingTests {
    private let format = PCMFormat(rate: SampleRate(hertz: 48_000), channels: 2, sample: .s24packed)

    @Test func marksComeOutWholeAndInOrder() throws {
        let ring = try MarkRing(capacity: 3)
        var producer = ring.producer
        var consumer = ring.consumer
        for round in 0..<2_000 {
            let mark = DeviceMark(
                kind: .missing, cause: .suspend, offset: UInt64(round), monotonicNanoseconds: 7, missing: 41,
                format: format)
            let pushed = producer.push(mark)
            #expect(pushed)
            let seen = consumer.peek()
            #expect(seen?.offset == UInt64(round))
            let taken = consumer.pop()
            #expect(taken?.missing == 41 && taken?.cause == .suspend && taken?.format == format)
        }
        let none = consumer.pop()
        #expect(none == nil)
    }

    @Test func aFullRingRefusesAndKeeps() throws {
        let ring = try MarkRing(capacity: 1)
        var producer = ring.producer
        var consumer = ring.consumer
        let mark = DeviceMark(kind: .time, offset: 1, monotonicNanoseconds: 0, format: format)
        let first = producer.push(mark)
        let second = producer.push(
            DeviceMark(kind: .time, offset: 2, monotonicNanoseconds: 0, format: format))
        #expect(first && !second)
        let taken = consumer.pop()
        #expect(taken?.offset == 1)
    }
}

@Suite struct RecordRingTests {
    private func entry(_ position: Int64) -> StreamEntry {
        StreamEntry(
            kind: .packet, position: StreamPosition(frames: position), frames: FrameCount(1),
            capturedAt: BootTime(nanoseconds: position * 10))
    }

    private func append(_ position: Int64, _ payload: [UInt8], to producer: inout RecordProducer) -> Bool {
        unsafe producer.append(entry(position), payload: payload.span.bytes)
    }

    private func payload(at cursor: RecordConsumer.Cursor, of consumer: inout RecordConsumer) -> [UInt8] {
        consumer.withPayload(at: cursor) { span in
            var bytes: [UInt8] = []
            for index in 0..<span.byteCount {
                bytes.append(span.unsafeLoad(fromByteOffset: index, as: UInt8.self))
            }
            return bytes
        }
    }

    @Test func recordsStayUntilReleasedAndCanBeReadAgain() throws {
        let ring = try RecordRing(capacityBytes: 4_096)
        var producer = ring.producer
        var consumer = ring.consumer
        for position in 0..<10 {
            let fits = append(
                Int64(position), Array(repeating: UInt8(position), count: position), to: &producer)
            #expect(fits)
        }
        for _ in 0..<2 {
            var cursor = consumer.oldest
            for position in 0..<10 {
                let found = consumer.entry(at: cursor)
                #expect(found == entry(Int64(position)))
                let bytes = payload(at: cursor, of: &consumer)
                #expect(bytes == Array(repeating: UInt8(position), count: position))
                cursor = consumer.next(after: cursor)
            }
            let end = consumer.entry(at: cursor)
            #expect(end == nil)
            let still = consumer.next(after: cursor)
            #expect(still == cursor, "there is nothing after the end")
        }
        let second = consumer.next(after: consumer.oldest)
        consumer.release(before: second)
        let oldest = consumer.entry(at: consumer.oldest)
        #expect(oldest?.position.frames == 1)
    }

    @Test func aFullRingRefusesTheWholeRecord() throws {
        let ring = try RecordRing(capacityBytes: 256)
        var producer = ring.producer
        var consumer = ring.consumer
        var placed: Int64 = 0
        while append(placed, Array(repeating: 1, count: 30), to: &producer) { placed += 1 }
        #expect(placed > 0)
        var count: Int64 = 0
        var cursor = consumer.oldest
        while consumer.entry(at: cursor) != nil {
            count += 1
            cursor = consumer.next(after: cursor)
        }
        #expect(count == placed)
        consumer.release(before: cursor)
        let fits = append(99, Array(repeating: 2, count: 30), to: &producer)
        #expect(fits, "released records make room")
    }

    @Test func recordsOfAllSizesCrossTheWrapBetweenTwoThreads() throws {
        let ring = try RecordRing(capacityBytes: 2_048)
        let appender = Appender(ring.producer)
        let thread = try WorkerThread(name: "appender") { appender.run() }
        var consumer = ring.consumer
        var expected: Int64 = 0
        var wrong = 0
        while expected < Appender.total {
            let cursor = consumer.oldest
            guard let found = consumer.entry(at: cursor) else {
                sched_yield()
                continue
            }
            let bytes = payload(at: cursor, of: &consumer)
            if found.position.frames != expected || bytes != Appender.payload(expected) { wrong += 1 }
            let next = consumer.next(after: cursor)
            consumer.release(before: next)
            expected += 1
        }
        thread.join()
        #expect(wrong == 0)
    }
}

private final class Appender {
    static let total: Int64 = 50_000
    private var producer: RecordProducer

    init(_ producer: consuming RecordProducer) { self.producer = producer }

    static func payload(_ position: Int64) -> [UInt8] {
        Array(repeating: UInt8(truncatingIfNeeded: position), count: Int(position % 97))
    }

    func run() {
        for position in 0..<Self.total {
            let entry = StreamEntry(
                kind: .packet, position: StreamPosition(frames: position), frames: FrameCount(1),
                capturedAt: BootTime(nanoseconds: 0))
            let payload = Self.payload(position)
            while unsafe !producer.append(entry, payload: payload.span.bytes) { sched_yield() }
        }
    }
}

@Suite struct WakeUpTests {
    @Test func aSignalBeforeTheWaitIsKept() throws {
        let wakeUp = try WakeUp()
        wakeUp.signal()
        wakeUp.signal()
        let woken = wakeUp.wait(milliseconds: 0)
        #expect(woken)
        let again = wakeUp.wait(milliseconds: 0)
        #expect(!again, "many signals before a look are one")
    }

    @Test func aSleeperIsWokenFromAnotherThread() throws {
        let wakeUp = try WakeUp()
        let thread = try WorkerThread(name: "waker") { wakeUp.signal() }
        let woken = wakeUp.wait(milliseconds: 10_000)
        thread.join()
        #expect(woken)
    }

    @Test func countersAddUpAcrossThreads() throws {
        let counter = Counter()
        let gauge = Gauge(-1)
        let thread = try WorkerThread(name: "adder") {
            for _ in 0..<10_000 { counter.add() }
            gauge.set(5)
        }
        for _ in 0..<10_000 { counter.add(2) }
        thread.join()
        #expect(counter.value == 30_000)
        #expect(gauge.value == 5)
    }
}
