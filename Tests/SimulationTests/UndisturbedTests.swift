import Testing

/// Without any trouble: what all the others are compared with.
@Suite(.serialized) struct Simulation0 {
    @Test(arguments: Seeds.of(0), Speech.Style.allCases)
    func undisturbed(seed: UInt64, style: Speech.Style) throws {
        for shape in [SimulatedUplink.Shape.opus, .linear16, .stereo] {
            let world = try World(seed: seed, shape: shape, style: style)
            try world.run(until: 60)
            let findings = try world.findings(expecting: .init(cutWords: 2 * shape.channels))
            #expect(findings.isEmpty, "replay with EARPOST_SIMULATION_SEED=\(seed)")
            #expect(world.service.connections == 1)
        }
    }
}
