import Audio
import Crossing
import SignalChain
import Testing
import Timeline

@testable import Uplink

@Suite struct UplinkSilenceTests {
    private func gap(_ start: Int64, _ end: Int64, _ cause: GapCause) -> Gap {
        Gap(start: StreamPosition(frames: start), end: StreamPosition(frames: end), cause: cause)
    }

    @Test func nothingCapturedWhileMutedGoesUp() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.push(Sound.samples(1_000))
        rig.drain()
        rig.controls.muted.set(true)
        rig.drain()
        #expect(rig.end.frames == 1_000, "what was captured before goes up at once")
        rig.push(Sound.samples(5_000, from: 1_000))
        rig.drain()
        rig.controls.muted.set(false)
        rig.drain()
        rig.push(Sound.samples(2_000, from: 6_000))
        rig.stop()
        #expect(rig.samples == Sound.samples(0..<1_000) + Sound.samples(6_000..<8_000))
        #expect(rig.gaps == [gap(1_000, 6_000, .muted)])
        #expect(rig.gapRecords.map(\.cause) == [.muted])
        #expect(rig.vitals.capturedFrames.value == 3_000 && rig.vitals.gapFrames.value == 5_000)
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func whatStillLayInTheRingWhenSilenceEndedDoesNotGoUp() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.controls.muted.set(true)
        rig.push(Sound.samples(1_000))
        rig.drain()
        rig.push(Sound.samples(1_000, from: 1_000))
        rig.controls.muted.set(false)
        rig.drain()
        rig.push(Sound.samples(500, from: 2_000))
        rig.stop()
        #expect(rig.samples == Sound.samples(2_000..<2_500))
        #expect(rig.gaps == [gap(0, 2_000, .muted)])
    }

    @Test func pauseAndMuteAreToldApart() throws {
        let rig = try UplinkRig(.opus(), .s16(16_000))
        rig.push(Sound.samples(640))
        rig.drain()
        rig.controls.paused.set(true)
        rig.drain()
        rig.push(Sound.samples(16_000))
        rig.drain()
        rig.controls.muted.set(true)
        rig.drain()
        rig.push(Sound.samples(16_000))
        rig.drain()
        rig.controls.muted.set(false)
        rig.drain()
        rig.push(Sound.samples(16_000))
        rig.drain()
        rig.controls.paused.set(false)
        rig.drain()
        rig.push(Sound.samples(320))
        rig.stop()
        #expect(
            rig.gaps == [
                gap(640, 16_640, .paused), gap(16_640, 32_640, .muted), gap(32_640, 48_640, .paused),
            ])
        #expect(rig.gapRecords.map(\.cause) == [.paused, .muted, .paused])
        #expect(rig.packets.last { $0.entry.position.frames == 48_640 } != nil)
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func theLastOpusPacketBeforeSilenceDoesNotWaitForItsEnd() throws {
        let rig = try UplinkRig(.opus(), .s16(48_000))
        rig.push(Sound.samples(48_000 + 300))
        rig.drain()
        rig.controls.muted.set(true)
        rig.drain()
        rig.push(Sound.samples(480))
        rig.drain()
        #expect(rig.end.frames == 16_000, "its padding would reach beyond now")
        rig.push(Sound.samples(180))
        rig.drain()
        #expect(rig.end.frames == 16_320)
        #expect(rig.vitals.capturedFrames.value == 16_100)
        rig.push(Sound.samples(48_000))
        rig.stop()
        #expect(rig.gaps == [gap(16_100, 32_320, .muted)])
        #expect(rig.gapRecords.map(\.position.frames) == [16_320])
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test(arguments: [16_000, 44_100], [UplinkSettings.linear16(), .opus()])
    func aThousandShortSilencesDoNotPushTheTimelineAhead(hertz: Int, settings: UplinkSettings) throws {
        let rig = try UplinkRig(settings, .s16(hertz))
        var total: Int64 = 0
        var random = SeededGenerator(seed: hertz)
        for round in 0..<2_000 {
            rig.controls.muted.set(round % 2 == 1)
            rig.drain()
            let block = Int.random(in: 1...250, using: &random)
            rig.push(Sound.samples(block))
            rig.drain()
            total += Int64(block)
            guard rig.vitals.position.value == total * 16_000 / Int64(hertz) else {
                Issue.record("at \(rig.vitals.position.value) after \(total) frames of the device")
                return
            }
        }
        rig.stop()
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func aLossWithinSilenceIsPartOfIt() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.push(Sound.samples(100))
        rig.drain()
        rig.controls.muted.set(true)
        rig.drain()
        rig.push(Sound.samples(1_000))
        rig.mark(.missing, .xrun, missing: 50_000)
        rig.push(Sound.samples(900))
        rig.drain()
        rig.controls.muted.set(false)
        rig.drain()
        rig.push(Sound.samples(100, from: 52_000))
        rig.stop()
        #expect(rig.gaps == [gap(100, 52_000, .muted)])
        #expect(rig.fills.isEmpty)
        #expect(rig.samples == Sound.samples(100) + Sound.samples(100, from: 52_000))
        rig.expectBalanced()
    }

    @Test func anUnplugAcrossTheBeginningOfSilenceIsCountedOnce() throws {
        let rig = try UplinkRig(.linear16(), .s16(48_000))
        rig.push(Sound.samples(4_800))
        rig.mark(.closed, .unplugged)
        rig.drain()
        rig.controls.muted.set(true)
        rig.drain()
        rig.open(.s16(16_000))
        rig.mark(.missing, .unplugged, missing: 16_000)
        rig.push(Sound.samples(400))
        rig.drain()
        rig.controls.muted.set(false)
        rig.drain()
        rig.push(Sound.samples(100))
        rig.stop()
        #expect(rig.gaps == [gap(1_600, 18_000, .muted)])
        #expect(rig.samples.suffix(100) == Sound.samples(100)[...])
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test(arguments: [UplinkSettings.linear16(), .opus()])
    func anEndInSilenceRecordsIt(settings: UplinkSettings) throws {
        let rig = try UplinkRig(settings, .s16(16_000))
        rig.push(Sound.samples(1_000))
        rig.drain()
        rig.controls.paused.set(true)
        rig.drain()
        rig.push(Sound.samples(10_000))
        rig.stop()
        #expect(rig.gaps == [gap(1_000, 11_000, .paused)])
        rig.expectAdjoining()
        rig.expectBalanced()
    }

    @Test func silenceBeforeAnyDeviceLeavesNoTrace() throws {
        let rig = try UplinkRig(.linear16(), .s16(16_000))
        rig.controls.muted.set(true)
        rig.drain()
        rig.controls.muted.set(false)
        rig.drain()
        rig.push(Sound.samples(10))
        rig.stop()
        #expect(rig.events.isEmpty)
        #expect(rig.samples == Sound.samples(10))
    }
}
