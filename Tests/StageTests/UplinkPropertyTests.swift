import Audio
import Crossing
import SignalChain
import Testing
import Timeline

@testable import Uplink

/// Whatever happens in whatever order: the same things hold at the end.
@Suite struct UplinkPropertyTests {
    /// What a random session is made of, and what must come of it: the plain arithmetic beside the machine.
    private struct Session {
        let rig: UplinkRig
        var random: SeededGenerator
        let formats: [PCMFormat]
        /// The exact position, as a sum of fractions of one rate at a time.
        var base: Int64 = 0
        var frames: Int64 = 0

        var position: Int64 { base + frames * 16_000 / Int64(rig.format.rate.hertz) }

        mutating func push(_ count: Int) {
            // Every frame says where it lies; only meant to be told apart where rates are equal.
            let sound = Sound.samples(count, from: position)
            let channels = rig.format.channels
            switch rig.format.sample {
            case .s16: rig.push(sound.flatMap { [$0] + Array(repeating: 77, count: channels - 1) })
            default: rig.push(sound.flatMap { [Int32($0) << 16] + Array(repeating: 77, count: channels - 1) })
            }
            frames += Int64(count)
        }

        mutating func miss(_ cause: GapCause, upTo limit: Int64) {
            let missing = Int64.random(in: 0...limit, using: &random)
            rig.mark(.missing, cause, missing: missing)
            frames += missing
        }

        mutating func reopen() {
            rig.mark(.closed, .unplugged)
            if Bool.random(using: &random) { rig.drain() }
            let format = formats.randomElement(using: &random) ?? rig.format
            if format.rate != rig.format.rate { (base, frames) = (position, 0) }
            rig.open(format)
            if Int.random(in: 0..<3, using: &random) > 0 { miss(.unplugged, upTo: 40_000) }
        }

        mutating func step(_ isOverflowing: Bool) {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<8: push(Int.random(in: 0...700, using: &random))
            case 8: push(Int.random(in: 0...9_000, using: &random))
            case 9: miss(.xrun, upTo: 10)
            case 10: miss(.xrun, upTo: 3_000)
            case 11: miss(.suspend, upTo: 90_000)
            case 12: reopen()
            case 13: rig.controls.muted.set(Bool.random(using: &random))
            case 14: rig.controls.paused.set(Bool.random(using: &random))
            case 15: rig.isReading = !isOverflowing || Bool.random(using: &random)
            case 16: if isOverflowing { rig.read(Int.random(in: 0...3, using: &random)) }
            case 17: rig.mark(.time, monotonic: 1 + position * 62_500)
            default: rig.drain()
            }
        }
    }

    private func run(
        seed: Int, _ settings: UplinkSettings, _ formats: [PCMFormat], isOverflowing: Bool
    ) throws -> Session {
        let rig = try UplinkRig(
            settings, try #require(formats.first), start: Int64(seed) * 1_001,
            journalBytes: isOverflowing ? 20_000 : 1 << 20)
        var session = Session(rig: rig, random: SeededGenerator(seed: seed), formats: formats)
        session.base = rig.start.frames
        for _ in 0..<300 { session.step(isOverflowing) }
        rig.drain()
        #expect(rig.vitals.position.value == session.position)
        rig.isReading = true
        rig.drain()
        rig.read()
        rig.controls.muted.set(false)
        rig.controls.paused.set(false)
        rig.drain()
        session.push(100)
        rig.stop()
        rig.expectAdjoining()
        rig.expectBalanced()
        let beyond = rig.end.frames - session.position
        #expect(settings.encoding == .opus ? (0..<640).contains(beyond) : beyond == 0)
        return session
    }

    /// Gaps told lie in order, and no audio that went up lies within them.
    private func expectHonest(_ rig: UplinkRig) {
        let told = rig.events.compactMap { event -> Gap? in
            switch event {
            case .gap(let gap) where gap.cause != .overflow: gap
            case .filled(let gap): gap
            default: nil
            }
        }
        #expect(zip(told, told.dropFirst()).allSatisfy { $0.end <= $1.start })
        let recorded = Set(rig.gapRecords.filter { $0.cause != .overflow }.map(\.end))
        #expect(recorded.isSubset(of: Set(rig.gaps.map(\.end))))
    }

    @Test(arguments: 1...16, [true, false])
    func everyFrameThatWentUpLiesAtItsPlaceAndWentUpOnce(seed: Int, isOverflowing: Bool) throws {
        let formats: [PCMFormat] = [
            .s16(16_000), .s16(16_000, channels: 2),
            PCMFormat(rate: SampleRate(hertz: 16_000), channels: 3, sample: .s32),
        ]
        let settings = UplinkSettings.linear16(
            selection: .pick(index: 0), chunkMilliseconds: 20 + seed % 5 * 10)
        let rig = try run(seed: seed, settings, formats, isOverflowing: isOverflowing).rig
        var (sounding, silent) = (UInt64(0), UInt64(0))
        for packet in rig.packets {
            for (index, sample) in packet.samples.enumerated() {
                if sample == 0 {
                    silent += 1
                } else if sample == Sound.sample(packet.entry.position.frames + Int64(index)) {
                    sounding += 1
                } else {
                    Issue.record("\(sample) at \(packet.entry.position.frames) + \(index)")
                    return
                }
            }
        }
        expectHonest(rig)
        #expect(sounding > 0 && sounding <= rig.vitals.capturedFrames.value)
        if rig.vitals.overflowFrames.value == 0 {
            #expect(sounding == rig.vitals.capturedFrames.value)
            #expect(silent == rig.vitals.filledFrames.value)
        }
    }

    @Test(arguments: 41...47, [true, false])
    func anyDevicesAddUpUnderOpus(seed: Int, isOverflowing: Bool) throws {
        let formats: [PCMFormat] = [
            .s16(48_000), .s16(16_000, channels: 2), .s16(44_100), .s16(8_000),
            PCMFormat(rate: SampleRate(hertz: 48_000), channels: 2, sample: .s32),
        ]
        let session = try run(seed: seed, .opus(), formats, isOverflowing: isOverflowing)
        expectHonest(session.rig)
    }

    @Test(arguments: 61...67, [true, false])
    func anyDevicesAddUpUnderLinear16(seed: Int, isOverflowing: Bool) throws {
        // The last one cannot be used: the selection has no such channel there.
        let formats: [PCMFormat] = [
            .s16(44_100, channels: 2), .s16(22_050, channels: 2), .s16(96_000, channels: 2),
            .s16(16_000, channels: 4), .s16(48_000),
        ]
        let settings = UplinkSettings.linear16(selection: .pick(index: 1))
        let session = try run(seed: seed, settings, formats, isOverflowing: isOverflowing)
        expectHonest(session.rig)
    }
}
