import Audio
import Crossing
import SignalChain
import Testing
import Timeline

@testable import Uplink

@Suite struct UplinkGapTests {
    private func position(_ frames: Int64) -> StreamPosition { StreamPosition(frames: frames) }

    @Test func aShortLossBecomesSilenceOfItsExactLength() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.push(Sound.samples(1_000))
        rig.mark(.missing, .xrun, missing: 777)
        rig.push(Sound.samples(2_000, from: 1_777))
        rig.stop()
        #expect(
            rig.samples == Sound.samples(1_000) + Array(repeating: 0, count: 777)
                + Sound.samples(1_777..<3_777))
        #expect(rig.fills == [Gap(start: position(1_000), end: position(1_777), cause: .xrun)])
        #expect(rig.gaps.isEmpty && rig.gapRecords.isEmpty)
        #expect(rig.vitals.filledFrames.value == 777 && rig.vitals.capturedFrames.value == 3_000)
        rig.expectBalanced()
    }

    @Test(arguments: [3_200, 3_201])
    func theLimitOfFillingIsExact(missing: Int64) throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.push(Sound.samples(1_000))
        rig.mark(.missing, .xrun, missing: missing)
        rig.push(Sound.samples(100))
        rig.stop()
        let lost = Gap(start: position(1_000), end: position(1_000 + missing), cause: .xrun)
        #expect(rig.fills == (missing == 3_200 ? [lost] : []))
        #expect(rig.gaps == (missing == 3_200 ? [] : [lost]))
        #expect(rig.end.frames == 1_100 + missing)
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func aLongLossBecomesAGapRecordAtItsPlace() throws {
        let rig = try UplinkRig(.linear16(), .s16(48_000))
        rig.push(Sound.samples(48_000))
        rig.mark(.missing, .suspend, missing: 48_001)
        rig.push(Sound.samples(4_800))
        rig.stop()
        #expect(rig.gapRecords.map(\.cause) == [.suspend])
        #expect(rig.gapRecords.map(\.position.frames) == [16_000])
        #expect(rig.gapRecords.map(\.end.frames) == [32_000], "96 001 / 3, rounded down")
        #expect(rig.end.frames == 33_600)
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func anOpusPacketBeforeAGapIsFilledUpAndTheAudioAfterLiesAtItsPlace() throws {
        let rig = try UplinkRig(.opus(), .s16(16_000))
        rig.push(Sound.samples(1_000))
        rig.mark(.missing, .unplugged, missing: 16_000)
        rig.push(Sound.samples(320))
        rig.stop()
        #expect(rig.records.map(\.entry.position.frames).prefix(6) == [0, 320, 640, 960, 1_280, 17_000])
        #expect(rig.gapRecords.map(\.frames.value) == [15_720])
        #expect(
            rig.gaps == [Gap(start: position(1_000), end: position(17_000), cause: .unplugged)],
            "no padding counts as audio")
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test(
        arguments: [44_100, 48_000, 22_050, 16_000, 8_000],
        [UplinkSettings.linear16(fillMilliseconds: 2), .opus()])
    func tenThousandGapsDoNotDrift(hertz: Int, settings: UplinkSettings) throws {
        let rig = try UplinkRig(settings, .s16(hertz), start: 12_345)
        var random = SeededGenerator(seed: hertz)
        var total: Int64 = 0
        var ends: [Int64] = []
        for round in 0..<10_000 {
            // Mostly a frame or a few: there the fractions have nowhere to hide.
            let block = Int.random(in: round % 100 == 0 ? 0...2_000 : 0...5, using: &random)
            rig.push(Array(repeating: Int16(1), count: block))
            total += Int64(block)
            let missing = Int64.random(in: round % 50 == 0 ? 1...30_000 : 1...4, using: &random)
            rig.mark(.missing, .xrun, missing: missing)
            total += missing
            ends.append(12_345 + total * 16_000 / Int64(hertz))
            if round % 7 == 0 { rig.drain() }
        }
        rig.drain()
        // Every loss that has a length on the timeline ends where exact arithmetic says, and none is missing.
        var last = Int64(-1)
        let told = rig.events.compactMap { event -> Int64? in
            switch event {
            case .gap(let gap), .filled(let gap): gap.end.frames
            default: nil
            }
        }
        var next = 0
        for end in told {
            while next < ends.count, ends[next] < end { next += 1 }
            guard next < ends.count, ends[next] == end, end > last else {
                Issue.record("a loss ends at \(end), not at \(ends[min(next, ends.count - 1)])")
                return
            }
            last = end
        }
        #expect(told.count > 1_000)
        #expect(rig.vitals.position.value == ends.last)
        rig.stop()
        rig.expectAdjoining()
        rig.expectBalanced()
        let beyond = rig.end.frames - (ends.last ?? 0)
        #expect(settings.encoding == .opus ? (0..<640).contains(beyond) : beyond == 0)
    }

    @Test func aDeviceOfAnotherFormatGoesOnAfterTheExactAbsence() throws {
        let rig = try UplinkRig(.linear16(selection: .pick(index: 0)), .s16(48_000, channels: 2))
        rig.push(Sound.samples(2 * 4_801))
        rig.mark(.closed, .unplugged)
        rig.drain()
        #expect(rig.end.frames == 1_600, "what was captured does not wait for the device to come back")
        rig.open(.s16(16_000))
        rig.mark(.missing, .unplugged, missing: 160_000)
        let sound = Sound.samples(3_000)
        rig.push(sound)
        rig.stop()
        #expect(rig.gapRecords.map(\.position.frames) == [1_600])
        #expect(rig.gapRecords.map(\.end.frames) == [161_600])
        #expect(rig.gaps == [Gap(start: position(1_600), end: position(161_600), cause: .unplugged)])
        #expect(rig.samples.suffix(3_000) == sound[...])
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func underOpusAnotherDeviceBeginsWhereTheLastOneEnded() throws {
        let rig = try UplinkRig(.opus(), .s16(16_000))
        for round in 0..<100 {
            rig.push(Sound.samples(333 * rig.format.channels))
            rig.mark(.closed, .deviceError)
            rig.open(.s16(16_000, channels: 2 - round % 2))
            rig.mark(.missing, .deviceError, missing: 7)
            rig.push(Sound.samples(10 * rig.format.channels))
            rig.drain()
        }
        #expect(rig.vitals.position.value == 100 * 350)
        rig.stop()
        #expect(rig.vitals.capturedFrames.value == 100 * 343)
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func aDeviceWithAnotherNumberOfChannelsIsRefusedAndSaysSo() throws {
        let rig = try UplinkRig(.linear16(selection: .all), .s16(16_000))
        rig.push(Sound.samples(1_000))
        rig.open(.s16(16_000, channels: 2))
        rig.push(Sound.samples(2 * 700))
        rig.stop()
        #expect(rig.failures == [.channelsDiffer(delivered: 2, wanted: 1)])
        #expect(rig.samples == Sound.samples(1_000))
        #expect(rig.gaps.last?.cause == .deviceError)
    }

    @Test func reopeningInTheSameFormatIsNoSeam() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.push(Sound.samples(1_000))
        rig.mark(.closed, .deviceError)
        rig.open(rig.format)
        rig.push(Sound.samples(1_000, from: 1_000))
        rig.stop()
        #expect(rig.samples == Sound.samples(2_000))
        #expect(rig.events.isEmpty)
    }

    @Test func aDeviceThatCannotBeUsedIsAGapAndTheNextIsHeard() throws {
        let settings = UplinkSettings.linear16(selection: .pick(index: 1))
        let rig = try UplinkRig(settings, .s16(16_000, channels: 2))
        let sound = Sound.samples(2 * 1_000)
        rig.push(sound)
        rig.open(.s16(48_000))
        rig.push(Sound.samples(48_000))
        rig.mark(.missing, .xrun, missing: 4_800)
        rig.drain()
        #expect(rig.failures == [.signal(.channelMissing(index: 1, channels: 1))])
        #expect(rig.end.frames == 1_000, "the last sound goes up at once")
        rig.mark(.closed, .unplugged)
        rig.open(.s16(16_000, channels: 2))
        rig.mark(.missing, .unplugged, missing: 16_000)
        rig.push(sound)
        rig.stop()
        let heard = stride(from: 1, to: sound.count, by: 2).map { sound[$0] }
        #expect(rig.samples == heard + heard)
        #expect(rig.gapRecords.map(\.cause) == [.deviceError, .unplugged])
        #expect(rig.gapRecords.map(\.end.frames) == [18_600, 34_600])
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func absenceBeforeTheFirstSoundIsAGap() throws {
        let rig = try UplinkRig(.opus(), .s16(48_000), start: 500)
        rig.mark(.missing, .unplugged, missing: 48_000)
        rig.push(Sound.samples(960))
        rig.stop()
        #expect(rig.records.first?.entry.position.frames == 500)
        #expect(rig.gaps == [Gap(start: position(500), end: position(16_500), cause: .unplugged)])
        rig.expectBalanced()
    }
}
