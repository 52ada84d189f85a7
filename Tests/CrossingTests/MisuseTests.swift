import Crossing
import System
import Testing

/// What a caller must never do ends the process.
@Suite struct MisuseTests {
    @Test func committingMoreThanIsFreeTraps() async {
        await #expect(processExitsWith: .failure) {
            let ring = try SampleRing(capacityBytes: 4)
            var producer = ring.producer
            _ = producer.freeBytes()
            producer.commit(5)
        }
    }

    @Test func releasingMoreThanIsFilledTraps() async {
        await #expect(processExitsWith: .failure) {
            let ring = try SampleRing(capacityBytes: 4)
            var consumer = ring.consumer
            consumer.release(1)
        }
    }

    #if DEBUG
        @Test func usingAnEndFromTwoThreadsTrapsUnlessHandedOver() async {
            await #expect(processExitsWith: .failure) {
                let ring = try SampleRing(capacityBytes: 4)
                let box = Shared(ring.producer)
                box.touch()
                let thread = try WorkerThread(name: "other") { box.touch() }
                thread.join()
            }
        }
    #endif
}

/// Two threads on purpose, to see the debug check trap.
final class Shared: @unchecked Sendable {
    private var producer: SampleProducer
    init(_ producer: consuming SampleProducer) { self.producer = producer }
    func touch() { _ = producer.freeBytes() }
}
