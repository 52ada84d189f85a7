import Audio
import Glibc
import Testing
import Timeline

@testable import Journal

/// Anything that may happen, in any order: every packet is delivered in order, or lies in exactly one gap.
@Suite struct SpoolPropertyTests {
    @Test(arguments: 1...24)
    func everyPositionIsDeliveredOrInOneGap(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        let rig = try SpoolRig(
            SpoolPolicy(durability: seed % 2 == 0 ? .power : .outage, spoolAfter: .seconds(2)),
            capacity: [8_000, 20_000, 100_000][seed % 3],
            spoolBounds: SpoolBounds(maxBytes: 2 << 20))
        for _ in 0..<300 {
            step(rig, &random)
            if Int.random(in: 0..<60, using: &random) == 0 { _ = try rig.crash() }
        }
        rig.disk.writeError = nil
        rig.disk.readError = nil
        if seed % 4 == 0 {
            rig.now = rig.now + .seconds(40)
            rig.tick()
            rig.work()
            _ = try rig.crash(losingMemory: true)
        }
        rig.readAll()
        rig.now = rig.now + .seconds(40)
        rig.tick()
        rig.work()
        rig.checkEverythingIsAccountedFor()
        rig.confirm(rig.end)
        for _ in 0..<4 {
            rig.now = rig.now + .seconds(40)
            rig.tick()
            rig.work()
        }
        #expect(rig.log.oldest == rig.end)
        #expect(rig.segments.isEmpty)
        #expect(rig.log.trouble == nil)
        // Gaps told before a reboot may lie behind what the disk kept.
        #expect(rig.log.confirmed >= rig.end)
    }

    private func step(_ rig: SpoolRig, _ random: inout SeededGenerator) {
        switch Int.random(in: 0..<22, using: &random) {
        case 0..<7:
            rig.capture(
                .random(in: 1...40, using: &random), payloadBytes: .random(in: 1...200, using: &random))
        case 7: rig.captureGap(.random(in: 1...5_000, using: &random))
        case 8..<11: rig.read(.random(in: 1...60, using: &random))
        case 11..<13:
            let ahead = max(0, (rig.cursor - rig.confirmed).value)
            rig.confirm(rig.confirmed + FrameCount(.random(in: 0...ahead, using: &random)))
        case 13..<16: rig.work(.random(in: 1...3, using: &random))
        case 16: rig.work()
        case 17:
            let pick = Int.random(in: 0..<12, using: &random)
            rig.disk.writeError = pick < 3 ? [ENOSPC, EIO, EROFS][pick] : nil
            rig.disk.leavesBytes = .random(in: 0...300, using: &random)
        case 18: rig.disk.readError = Int.random(in: 0..<4, using: &random) == 0 ? EIO : nil
        case 19:
            if Bool.random(using: &random) {
                rig.log.linkIsDown(since: rig.now)
            } else {
                rig.log.linkIsUp()
            }
        case 20:
            if Int.random(in: 0..<4, using: &random) == 0, rig.cursor >= rig.confirmed {
                rig.purge(from: rig.cursor)
            }
        default: rig.now = rig.now + .seconds(.random(in: 1...31, using: &random))
        }
        rig.tick()
    }
}
