import SpeechProtocol
import Testing
import Timeline

/// 2 an expired token, 4 a wall clock that is set, 6 overruns and unplugged microphones.
@Suite(.serialized) struct TroubleSimulations {
    /// For an hour the key is no good. It is asked for rarely, and a new one takes effect at once.
    @Test(arguments: Seeds.of(2, ordinarily: 1))
    func simulation2TokenExpires(seed: UInt64) throws {
        let settings = ["journal.ram_bytes": "\"128MiB\"", "listen.catch_up_percent": "800"]
        let world = try World.of(seed, [.longChunks], settings: settings)
        let (start, length) = (world.dice.seconds(5...40), 3_600.0)
        world.at(start) { world in
            world.change {
                $0.service.validKey = "key-1"
                $0.network.resetAll()
            }
        }
        var attempts = 0
        world.at(start + length) { world in
            attempts = world.network.attempts
            try world.replaceKey("key-1")
        }
        try world.run(until: start + length + 1)
        // Three to five quarters of five minutes apart.
        #expect((10...18).contains(attempts), "seed \(seed)")
        #expect(world.network.attempts == attempts + 1, "seed \(seed)")
        // An open connection is renewed in order, with every answer.
        for second in 1...3 {
            try world.run(until: start + length + 60 * Double(second))
            try world.replaceKey("key-1")
        }
        try world.expectNothingWrong()
    }

    /// A new key every few seconds: each connection ends in order, wherever the speaker is, and the next one
    /// hears the last second again.
    @Test(arguments: Seeds.of(12, ordinarily: 2))
    func simulation12KeysInAHurry(seed: UInt64) throws {
        let world = try World.of(seed, [seed.isMultiple(of: 2) ? .opus : .stereo], styles: [.tiled, .talk])
        var time = 2.0
        for number in 1...20 {
            world.at(time) { try $0.replaceKey("key-\(number)") }
            time += world.dice.evenlyScaled(0.3, 15)
        }
        try world.run(until: time)
        #expect(world.service.connections > 10, "seed \(seed)")
        try world.expectNothingWrong()
    }

    /// The wall clock is set forward and back, while audio flows and while it does not; first of all from
    /// 1970 to now.
    @Test(arguments: Seeds.of(4))
    func simulation4WallClockJumps(seed: UInt64) throws {
        let world = try World.of(seed, [.opus, .linear16])
        world.setWallClock(by: -1_790_000_000)
        var time = 10.0
        var lines = 0
        for number in 0..<6 {
            let jump =
                number == 0
                ? 1_790_000_000 : world.dice.evenlyScaled(0.001, 90_000) * world.dice.pick([-1, 1])
            world.at(time) { $0.setWallClock(by: jump) }
            // Smaller ones are followed without a word. The wall clock's zero is a step, too: it was noticed
            // at the start.
            if abs(jump) >= 0.5 { lines += 1 }
            if world.dice.chance(0.5) {
                world.at(time - 1.5) { $0.change { $0.network.change(to: .vanished) } }
                world.at(time + 20) { $0.change { $0.network.change(to: .open) } }
            }
            time += world.dice.seconds(30...90)
        }
        try world.run(until: time)
        try world.expectNothingWrong(.init(clockLines: lines + 1))
    }

    /// Frames are lost in the card, one or thousands at a time, again and again; the card is unplugged and
    /// comes back; rings overflow. All while the network comes and goes.
    @Test(arguments: Seeds.of(6))
    func simulation6XrunStorm(seed: UInt64) throws {
        let world = try World.of(seed, [.opus, .linear16, .stereo])
        var time = 5.0
        for storm in 0..<4 {
            for _ in 0..<world.dice.number(1...60) {
                let frames = Int64(world.dice.evenlyScaled(1, 20_000))
                let cause = world.dice.pick([GapCause.xrun, .xrun, .overflow, .deviceError, .suspend])
                world.at(time) { $0.uplink.lose(frames: frames, cause: cause) }
                time += world.dice.evenlyScaled(0.02, 3)
            }
            let away = world.dice.evenlyScaled(1, 200)
            world.at(time) { $0.uplink.lose(seconds: away, cause: .unplugged) }
            time += away + world.dice.seconds(0...20)
            if storm % 2 == 1 {
                world.at(time - 15) { $0.change { $0.network.change(to: .refused) } }
                world.at(time + 10) { $0.change { $0.network.change(to: .open) } }
            }
        }
        try world.run(until: time + 30)
        try world.expectNothingWrong()
    }
}
