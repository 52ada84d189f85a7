import Audio
import Crossing
import SignalChain
import Testing
import Timeline

@testable import Uplink

@Suite struct UplinkOverflowTests {
    @Test func aFullJournalBecomesOneGapOfTheExactStretchOnceThereIsRoom() throws {
        let rig = try UplinkRig(.linear16(chunkMilliseconds: 20), .s16(16_000), journalBytes: 4_096)
        rig.isReading = false
        let sound = Sound.samples(320 * 100)
        rig.push(Array(sound[..<(320 * 50)]))
        rig.drain()
        rig.read()
        #expect(rig.records.count == 6, "so many fit")
        #expect(rig.vitals.overflowFrames.value == 320 * 44)
        #expect(rig.vitals.packets.value == 6)
        rig.isReading = true
        rig.push(Array(sound[(320 * 50)..<(320 * 53)]))
        rig.stop()
        #expect(rig.gapRecords.map(\.position.frames) == [320 * 6])
        #expect(rig.gapRecords.map(\.end.frames) == [320 * 50])
        #expect(rig.gapRecords.map(\.cause) == [.overflow])
        #expect(rig.gaps.map(\.start.frames) == [320 * 6])
        #expect(rig.samples == Array(sound[..<(320 * 6)] + sound[(320 * 50)..<(320 * 53)]))
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func aReaderThatMakesLittleRoomFindsNoChainOfShortGaps() throws {
        let rig = try UplinkRig(.linear16(chunkMilliseconds: 20), .s16(16_000), journalBytes: 4_096)
        rig.isReading = false
        // A record of 680 bytes a time is read, two are made.
        for block in 0..<300 {
            rig.push(Sound.samples(320, from: Int64(block) * 320))
            rig.drain()
            if block % 2 == 0 { rig.read(1) }
        }
        rig.isReading = true
        rig.push(Sound.samples(320))
        rig.stop()
        rig.expectAdjoining()
        rig.expectBalanced()
        let kinds = rig.records.map(\.entry.kind)
        #expect(
            zip(kinds, kinds.dropFirst()).allSatisfy { $0 == .packet || $1 == .packet },
            "no two gaps in a row")
        #expect(rig.packets.count > 50)
        for packet in rig.packets.dropLast() {
            guard packet.samples == Sound.samples(320, from: packet.entry.position.frames) else {
                Issue.record("other sound at \(packet.entry)")
                return
            }
        }
    }

    @Test func aGapThatFindsNoRoomIsNotForgotten() throws {
        let rig = try UplinkRig(.linear16(chunkMilliseconds: 20), .s16(16_000), journalBytes: 1_400)
        rig.isReading = false
        rig.push(Sound.samples(960))
        rig.mark(.missing, .suspend, missing: 16_000)
        rig.push(Sound.samples(320))
        rig.drain()
        rig.isReading = true
        rig.drain()
        rig.push(Sound.samples(320, from: 17_280))
        rig.stop()
        #expect(rig.gapRecords.map(\.position.frames) == [640])
        #expect(rig.gapRecords.map(\.end.frames) == [17_280])
        #expect(rig.samples == Sound.samples(640) + Sound.samples(320, from: 17_280))
        rig.expectAdjoining()
    }

    @Test func whatIsLostAtTheVeryEndIsToldAllTheSame() throws {
        for room in [true, false] {
            let rig = try UplinkRig(.linear16(chunkMilliseconds: 20), .s16(16_000), journalBytes: 1_399)
            rig.isReading = false
            rig.push(Sound.samples(960))
            rig.drain()
            if room { rig.read() }
            rig.stop()
            #expect(rig.gaps.map(\.start.frames) == [640])
            #expect(rig.gaps.map(\.end.frames) == [960])
            rig.read()
            #expect(rig.gapRecords.count == (room ? 1 : 0))
        }
    }
}
