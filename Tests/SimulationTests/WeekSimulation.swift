import SpeechProtocol
import System
import Testing
import Timeline

/// 8 a week of uptime.
@Suite(.serialized) struct WeekSimulation {
    /// Mostly silence, some talk, and every few hours some trouble: nothing is lost, and nothing grows.
    @Test(arguments: Seeds.of(8, ordinarily: 1))
    func simulation8WeekOfUptime(seed: UInt64) throws {
        // An ordinary test run has no time for more than a day.
        let days = Seeds.variable("EARPOST_SIMULATIONS") == nil ? 1.0 : 7.0
        let week = days * 86_400
        let world = try World(seed: seed, shape: .coarse, style: .seldom)
        world.service.saysInterims = false
        world.secondLength = .seconds(20)
        try world.run(until: 3_600)
        let before = try Self.memory()
        var time = world.seconds
        while time < week - 7_200 {
            time += world.dice.seconds(1_800...28_800)
            let length = world.dice.evenlyScaled(1, 1_200)
            Self.trouble(world, world.dice.number(0...8), at: time, for: length)
            time += length
        }
        try world.run(until: week)
        let grown = try Self.memory() - before
        #expect(grown < 32 << 20, "\(grown) bytes more than after the first hour; seed \(seed)")
        #expect(world.watchman.mostTimers < 60)
        #expect(world.watchman.mostAnchors < 200)
        try world.expectNothingWrong()
    }

    private static func trouble(_ world: World, _ kind: Int, at time: Double, for length: Double) {
        switch kind {
        case 0...3:
            let way = world.dice.pick(SimulatedNetwork.Way.allCases)
            world.at(time) { $0.change { $0.network.change(to: way) } }
            world.at(time + length) { $0.change { $0.network.change(to: .open) } }
        case 4:
            world.at(time) { $0.change { $0.service.manner = .silent(pongs: true) } }
            world.at(time + length) { $0.change { $0.service.manner = .well } }
        case 5: world.at(time) { $0.service.closeAll(code: 1011, reason: "") }
        case 6: world.at(time) { $0.uplink.lose(seconds: length, cause: .unplugged) }
        case 7: world.at(time) { $0.kill(downSeconds: min(length, 20)) }
        default: world.at(time) { try $0.replaceKey("key-0") }
        }
    }

    /// Memory of this process that is no file's, in bytes.
    private static func memory() throws -> Int {
        let status = String(decoding: try Files.read("/proc/self/status"), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return (line?.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0) << 10
    }
}
