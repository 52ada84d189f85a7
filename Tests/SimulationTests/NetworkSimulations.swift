import SpeechProtocol
import Testing

/// 1 Wi-Fi drops, 3 a service that says nothing, 5 half-open connections, 9 refusals and closes.
@Suite(.serialized) struct NetworkSimulations {
    private static let shapes: [SimulatedUplink.Shape] = [.opus, .linear16, .stereo]

    /// The interface comes and goes, from two seconds to ten minutes at a time, in every way there is.
    @Test(arguments: Seeds.of(1))
    func simulation1WiFiDrops(seed: UInt64) throws {
        let world = try World.of(seed, Self.shapes)
        var time = world.dice.seconds(0...20)
        for _ in 0..<world.dice.number(2...6) {
            let way = world.dice.pick(SimulatedNetwork.Way.allCases.filter { $0 != .open })
            let length = world.dice.evenlyScaled(2, 600)
            world.at(time) { $0.change { $0.network.change(to: way) } }
            time += length
            world.at(time) { $0.change { $0.network.change(to: .open) } }
            // The next one comes while the backlog is on its way, or much later.
            time += world.dice.evenlyScaled(0.5, 300)
        }
        try world.run(until: time)
        try world.expectNothingWrong()
    }

    /// Audio is taken and never answered, with and without pongs; sessions before and after are normal.
    @Test(arguments: Seeds.of(3))
    func simulation3SilentService(seed: UInt64) throws {
        let world = try World.of(seed, Self.shapes)
        var time = world.dice.seconds(0...30)
        for _ in 0..<3 {
            let manner = SimulatedService.Manner.silent(pongs: world.dice.chance(0.6))
            world.at(time) { $0.change { $0.service.manner = manner } }
            time += world.dice.evenlyScaled(3, 200)
            world.at(time) { $0.change { $0.service.manner = .well } }
            time += world.dice.seconds(1...120)
        }
        try world.run(until: time)
        try world.expectNothingWrong()
    }

    /// Bytes vanish: for a moment, as long as it takes to notice, or much longer.
    @Test(arguments: Seeds.of(5))
    func simulation5HalfOpen(seed: UInt64) throws {
        let world = try World.of(seed, Self.shapes)
        var time = world.dice.seconds(0...10)
        for _ in 0..<8 {
            let way = world.dice.pick([SimulatedNetwork.Way.vanished, .frozen])
            world.at(time) { $0.change { $0.network.change(to: way) } }
            time += world.dice.evenlyScaled(0.05, 60)
            world.at(time) { $0.change { $0.network.change(to: .open) } }
            time += world.dice.evenlyScaled(0.05, 60)
        }
        try world.run(until: time)
        try world.expectNothingWrong()
    }

    /// 429 with and without Retry-After, 503, and closes with the service's own words, at any moment.
    @Test(arguments: Seeds.of(9))
    func simulation9RefusalsAndCloses(seed: UInt64) throws {
        let world = try World.of(seed, Self.shapes)
        world.service.thinking = world.dice.pick([0.05, 0.3, 3])
        let closes: [(UInt16, String)] = [
            (1011, "… did not receive audio data … See https://dpgr.am/net0001"), (1008, "DATA-0000"),
            (1008, ""), (1011, ""), (1001, ""), (1000, ""),
        ]
        var time = world.dice.seconds(0...10)
        for _ in 0..<6 {
            let (code, reason) = world.dice.pick(closes)
            world.at(time) { $0.service.closeAll(code: code, reason: reason) }
            let manner = world.dice.pick([
                SimulatedService.Manner.refusing(status: 429, retryAfter: world.dice.number(1...120)),
                .refusing(status: 429, retryAfter: nil), .refusing(status: 503, retryAfter: nil),
                .refusing(status: 503, retryAfter: 20), .closing(code: code, reason: reason), .well,
            ])
            world.at(time) { $0.change { $0.service.manner = manner } }
            time += world.dice.evenlyScaled(0.5, 100)
            world.at(time) { $0.change { $0.service.manner = .well } }
            // A connection that is renewed ends in the middle of a word.
            for _ in 0..<3 {
                time += world.dice.evenlyScaled(0.5, 20)
                world.at(time) { try $0.replaceKey("key-0") }
            }
        }
        try world.run(until: time)
        try world.expectNothingWrong()
    }
}

extension World {
    /// A world as `seed` wills it.
    static func of(
        _ seed: UInt64, _ shapes: [SimulatedUplink.Shape], styles: [Speech.Style] = [.tiled, .talk],
        settings: [String: String] = [:]
    ) throws -> World {
        var dice = Dice(seed: ~seed)
        let (shape, style) = (dice.pick(shapes), dice.pick(styles))
        var settings = settings
        // Every other time what lies in memory is so little that outages go to the disk and come from there.
        if dice.chance(0.5), settings["journal.ram_bytes"] == nil {
            settings["journal.ram_bytes"] = "\"1MiB\""
        }
        let world = try World(seed: seed, shape: shape, style: style, settings: settings)
        world.network.latency = dice.evenlyScaled(0.005, 0.06)
        return world
    }

    func expectNothingWrong(
        _ expectation: Findings.Expectation = .init(), sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let findings = try findings(expecting: expectation)
        #expect(
            findings.isEmpty, "replay with EARPOST_SIMULATION_SEED=\(seed)", sourceLocation: sourceLocation)
    }
}
