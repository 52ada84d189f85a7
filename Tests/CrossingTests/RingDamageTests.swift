import Audio
import Glibc
import Testing
import Timeline

@testable import Crossing

/// Whatever happens to a ring's file: no crash, and no record that nobody appended.
@Suite struct RingDamageTests {
    private let rig: RingFileRig
    private static let count = 12

    init() throws { rig = try RingFileRig() }

    /// Makes the file and tells where each record begins in it, and where the last one ends.
    private func make() throws -> [Int] {
        let ring = try RecordRing.create(path: rig.path, capacityBytes: 65_536, identity: [7])
        var producer = ring.producer
        var places = [RingFileHeader.bytes]
        for number in 0..<Self.count {
            let fits = Numbered.append(number, to: &producer)
            #expect(fits)
            places.append(
                (places.last ?? 0) + RecordHeader.recordBytes(payload: Numbered.payload(number).count))
        }
        return places
    }

    private func setCommitted(_ count: UInt64) {
        rig.write(withUnsafeBytes(of: count) { Array($0) }, at: RingFileHeader.countsOffset)
    }

    @Test func aFlippedBitInARecordCostsThatOneAndTheOnesAfterIt() throws {
        let places = try make()
        let original = try rig.bytes
        let damaged = 7
        let end = places[damaged] + RecordHeader.stride + Numbered.payload(damaged).count
        for offset in places[damaged]..<end {
            rig.flip(bit: offset % 8, of: offset, in: original)
            let resumed = try RecordRing.resume(path: rig.path)
            let (report, last) = (resumed.report, resumed.lastEntry)
            var consumer = resumed.ring.consumer
            let numbers = Numbered.all(in: &consumer)
            #expect(numbers == Array(0..<damaged), "byte \(offset - places[damaged])")
            #expect(last == Numbered.entry(damaged - 1))
            #expect(report.droppedBytes == places[Self.count] - places[damaged])
            // Resuming has moved the end; put both back.
            rig.write([original[offset]], at: offset)
            setCommitted(UInt64(places[Self.count] - RingFileHeader.bytes))
        }
    }

    @Test func anEndWithinARecordCostsThatOne() throws {
        let places = try make()
        let torn = 9
        for end in stride(from: places[torn], to: places[torn + 1], by: 8) {
            setCommitted(UInt64(end - RingFileHeader.bytes))
            let resumed = try RecordRing.resume(path: rig.path)
            let report = resumed.report
            var consumer = resumed.ring.consumer
            let numbers = Numbered.all(in: &consumer)
            #expect(numbers == Array(0..<torn))
            #expect(report.droppedBytes == end - places[torn])
        }
    }

    /// What is appended after a damaged stretch was dropped takes its place, and is whole.
    @Test func itGoesOnWhereTheDamageBegan() throws {
        let places = try make()
        let original = try rig.bytes
        rig.flip(bit: 0, of: places[5] + 45, in: original)
        let resumed = try RecordRing.resume(path: rig.path)
        var producer = resumed.ring.producer
        let fits = Numbered.append(100, to: &producer)
        #expect(fits)
        _ = consume producer
        var consumer = resumed.ring.consumer
        let numbers = Numbered.all(in: &consumer)
        #expect(numbers == [0, 1, 2, 3, 4, 100])
        _ = consume consumer
        let again = try RecordRing.resume(path: rig.path)
        #expect(again.report.droppedBytes == 0)
        #expect(again.report.records == 6)
    }

    @Test func aFlippedBitInTheHeaderIsAnErrorOrOfNoConsequence() throws {
        let places = try make()
        let original = try rig.bytes
        let all = Array(0..<Self.count)
        let identity = RingFileHeader.identityOffset
        let counts = RingFileHeader.countsOffset
        for offset in Array(0..<64) + [identity, identity + 1] + (counts..<counts + 8)
            + (counts + 128..<counts + 136)
        {
            for bit in 0..<8 {
                rig.flip(bit: bit, of: offset, in: original)
                do throws(RingFileError) {
                    let resumed = try RecordRing.resume(path: rig.path)
                    var consumer = resumed.ring.consumer
                    let numbers = Numbered.all(in: &consumer)
                    // Another begin or end: fewer records, but none that was not there.
                    #expect(!numbers.contains(nil) && numbers.count <= Self.count)
                    #expect(
                        numbers == Array(all.suffix(numbers.count))
                            || numbers == Array(all.prefix(numbers.count)))
                    #expect(offset >= 56)
                } catch {
                    #expect(offset < 64 || offset >= 256, "\(error) by byte \(offset)")
                }
                rig.write([original[offset]], at: offset)
                setCommitted(UInt64(places[Self.count] - RingFileHeader.bytes))
            }
        }
    }

    /// A counter that is too great leads into what lay there a lap ago; that is no record of this lap.
    @Test func recordsOfAnEarlierLapAreNotTakenForNewOnes() throws {
        let ring = try RecordRing.create(path: rig.path, capacityBytes: 65_536, identity: [])
        var producer = ring.producer
        var consumer = ring.consumer
        // Records of 64 bytes: those of two laps lie in the same places.
        let payload: [UInt8] = Array(repeating: 5, count: 24)
        for number in 0..<1_500 {
            let fits = producer.append(Numbered.entry(number), payload: payload.span.bytes)
            #expect(fits)
            let next = consumer.next(after: consumer.oldest)
            if number < 1_490 { consumer.release(before: next) }
        }
        _ = consume producer
        _ = consume consumer
        setCommitted(1_520 * 64)
        let resumed = try RecordRing.resume(path: rig.path)
        #expect(resumed.report == ResumeReport(records: 10, recordBytes: 640, droppedBytes: 1_280))
        #expect(resumed.lastEntry == Numbered.entry(1_499))
    }

    /// Noise over everything: never a crash.
    @Test(arguments: 0..<40) func noiseIsAnErrorOrNothing(seed: Int) throws {
        let places = try make()
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        for _ in 0..<1 + random(200) {
            let isHeader = random(3) == 0
            let offset = isHeader ? 56 + random(32_768) : places[0] + random(places[Self.count] - places[0])
            rig.write([UInt8(random(256))], at: offset)
        }
        guard let resumed = try? RecordRing.resume(path: rig.path) else { return }
        let report = resumed.report
        var consumer = resumed.ring.consumer
        let numbers = Numbered.all(in: &consumer)
        #expect(!numbers.contains(nil))
        #expect(report.records == numbers.count)
    }
}
