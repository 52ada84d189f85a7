import Audio
import Crossing
import Testing
import Timeline

@testable import Uplink

@Suite struct UplinkLinear16Tests {
    @Test(arguments: [1, 7, 319, 320, 1_600, 4_096, 4_097, 9_999])
    func everyFrameGoesUpOnceAndUnchangedInWhateverBlocksItComes(blockFrames: Int) throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        let total = blockFrames == 1 ? 5_003 : 30_011
        let sound = Sound.samples(total)
        var done = 0
        while done < total {
            let block = sound[done..<min(total, done + blockFrames)]
            rig.push(Array(block))
            rig.drain()
            done += block.count
        }
        rig.stop()
        #expect(rig.samples == sound)
        #expect(rig.packets.dropLast().allSatisfy { $0.entry.frames.value == 1_600 })
        #expect(rig.packets.last?.entry.frames.value == Int64(total % 1_600))
        #expect(rig.vitals.capturedFrames.value == UInt64(total))
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test(arguments: [20, 50, 100, 250])
    func aPacketHoldsOneChunk(milliseconds: Int) throws {
        let rig = try UplinkRig(.linear16(chunkMilliseconds: milliseconds), .s16(16_000), start: 77)
        rig.push(Sound.samples(16_000))
        rig.drain()
        #expect(rig.packets.count == 1_000 / milliseconds)
        #expect(rig.packets.allSatisfy { $0.payload.count == 32 * milliseconds })
        rig.expectAdjoining()
        rig.stop()
        #expect(rig.packets.count == 1_000 / milliseconds, "nothing was left for a shorter one")
    }

    @Test func aBacklogOfTheWholeRingIsTakenInOneWake() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000), ringBytes: 200_000)
        let sound = Sound.samples(100_000)
        rig.push(sound)
        rig.drain()
        #expect(rig.records.count == 100_000 / 1_600)
        rig.stop()
        #expect(rig.samples == sound)
    }

    @Test func aFrameWaitsForItsOtherByte() throws {
        let rig = try UplinkRig(.linear16(chunkMilliseconds: 20), .s16(16_000))
        let sound = Sound.samples(640)
        let bytes = sound.withUnsafeBytes { Array($0) }
        for byte in bytes {
            rig.push(bytes: [byte])
            rig.drain()
        }
        rig.stop()
        #expect(rig.samples == sound)
    }

    @Test func aTornFrameBeforeAMarkIsNoSoundAndStopsNothing() throws {
        let rig = try UplinkRig(.linear16(chunkMilliseconds: 20), .s16(16_000, channels: 2))
        rig.push(bytes: [1, 2, 3])
        rig.mark(.closed, .deviceError)
        rig.open(.s16(16_000))
        rig.push(Sound.samples(320))
        rig.stop()
        #expect(rig.samples == Sound.samples(320))
        rig.expectBalanced()
    }

    @Test func anUplinkThatHeardNothingSendsNothing() throws {
        for settings in [UplinkSettings.linear16(), .opus()] {
            let rig = try UplinkRig(settings, .s16(48_000))
            rig.drain()
            rig.stop()
            #expect(rig.records.isEmpty && rig.events.isEmpty)
        }
    }

    @Test func theReaderIsWokenWhenThereIsSomethingToRead() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.push(Sound.samples(1_599))
        rig.drain()
        let early = rig.appended.clear()
        #expect(!early, "no record yet")
        rig.push(Sound.samples(1))
        rig.drain()
        let woken = rig.appended.clear()
        #expect(woken)
        rig.drain()
        let again = rig.appended.clear()
        #expect(!again)
    }

    @Test func theLevelIsThatOfTheSoundThatGoesUp() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.push(Array(repeating: Int16(16_384), count: 1_600))
        rig.drain()
        #expect(rig.vitals.peakMillibels.value == -6_020)
        #expect(rig.vitals.rmsMillibels.value == -6_020)
        #expect(rig.vitals.zeroRunFrames.value == 0)
        rig.push(Array(repeating: Int16(0), count: 4_800) + Array(repeating: Int16.min, count: 100))
        rig.push(Array(repeating: Int16(0), count: 1_500))
        rig.drain()
        #expect(rig.vitals.clippedSamples.value == 100)
        rig.push(Array(repeating: Int16(0), count: 1_600))
        rig.drain()
        #expect(rig.vitals.peakMillibels.value == -120_000)
        #expect(rig.vitals.zeroRunFrames.value == 3_100)
    }
}
