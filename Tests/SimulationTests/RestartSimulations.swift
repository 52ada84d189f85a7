import Glibc
import SpeechProtocol
import System
import Testing
import Timeline

/// 7 a full disk, 10 a program that is killed.
@Suite(.serialized) struct RestartSimulations {
    /// Killed again and again at any moment: while it streams, waits, replays; between a line's making, its
    /// writing, and the confirmation. It goes on with the session where it stood.
    @Test(arguments: Seeds.of(10))
    func simulation10Killed(seed: UInt64) throws {
        let world = try World.of(seed, [.opus, .linear16, .stereo])
        var time = 3.0
        for _ in 0..<20 {
            let kind = world.dice.number(0...9)
            let way = world.dice.pick(SimulatedNetwork.Way.allCases)
            let time0 = time
            if kind < 5 { world.at(time0) { $0.change { $0.network.change(to: way) } } }
            if kind == 5 { world.at(time0) { $0.service.closeAll(code: 1011, reason: "") } }
            if kind == 6 {
                let frames = Int64(world.dice.evenlyScaled(1, 30_000))
                world.at(time0) { $0.uplink.lose(frames: frames, cause: .xrun) }
            }
            time += world.dice.evenlyScaled(0.001, 90)
            let down = world.dice.evenlyScaled(0.05, 20)
            world.at(time) { $0.kill(downSeconds: down) }
            time += down + world.dice.evenlyScaled(0.001, 20)
            // Or the outage outlasts the next life, too.
            if world.dice.chance(0.6) { world.at(time) { $0.change { $0.network.change(to: .open) } } }
            time += world.dice.evenlyScaled(0.001, 30)
        }
        try world.run(until: time)
        #expect(world.lives == 21, "seed \(seed)")
        try world.expectNothingWrong()
    }

    /// The disk of the transcripts is full for a while: nothing is confirmed, and nothing is lost. A kill
    /// meanwhile loses nothing either.
    @Test(.enabled(if: geteuid() == 0, "only root may mount a small file system"), arguments: Seeds.of(7))
    func simulation7FullDisk(seed: UInt64) throws {
        let disk = try SmallDisk()
        defer { disk.remove() }
        var dice = Dice(seed: ~seed)
        let world = try World(
            seed: seed, shape: dice.pick([.opus, .linear16]), style: .talk, transcripts: disk.path)
        world.watchman.diskIsTrusted = false
        var time = 10.0
        for round in 0..<3 {
            world.at(time) { _ in disk.fill() }
            let length = world.dice.evenlyScaled(1, 300)
            if world.dice.chance(0.5) {
                world.at(time + length / 3) { $0.change { $0.network.change(to: .vanished) } }
                world.at(time + length / 2) { $0.change { $0.network.change(to: .open) } }
            }
            if round == 1 { world.at(time + length * 0.7) { $0.kill(downSeconds: 1) } }
            time += length
            world.at(time) { _ in disk.empty() }
            time += world.dice.seconds(5...60)
        }
        try world.run(until: time)
        try world.expectNothingWrong()
    }
}

/// A file system of its own, so small that it can be filled.
final class SmallDisk {
    let path: String

    init() throws {
        path = try Files.makeTemporaryDirectory(prefix: "earpost-disk")
        guard mount("earpost", path, "tmpfs", 0, "size=2m") == 0 else {
            throw SystemError("mount", path, code: errno)
        }
    }

    private var filler: String { path + "/filler" }

    /// Not a byte is left.
    func fill() {
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let block = [UInt8](repeating: 1, count: 4_096)
        while write(descriptor, block, block.count) > 0 {}
        close(descriptor)
    }

    func empty() { unlink(filler) }

    func remove() {
        umount2(path, CInt(bitPattern: 2))
        rmdir(path)
    }
}
