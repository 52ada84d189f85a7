import Audio
import Liveness
import Timeline

/// Repeatable randomness, a different one for each seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Spread so that the sequence of one seed is not that of another, shifted.
    init(seed: UInt64) { state = seed &* 0xD1B5_4A32_D192_ED03 &+ 0x632B_E59B_D9B4_E019 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// An agent in virtual time, as `VitalWatch` sees it, and the physician.
struct Body {
    /// What goes wrong with a part, or right again.
    struct Health {
        var captureMoves = true
        var playbackMoves = true
        var uplinkMoves = true
        var linkTurns = true
        var controlTurns = true
    }

    private(set) var signs: VitalSigns
    private(set) var now = BootTime(nanoseconds: 1_000_000_000)
    private var watch = VitalWatch()
    var health = Health()
    var verdict = Verdict()
    /// With the seconds since the start at which they came.
    private(set) var orders: [(seconds: Double, order: Verdict.Order)] = []
    /// When petting ended.
    private(set) var lastPet: Double?

    init(speaker: Bool = true) {
        let device = VitalSigns.Device(state: .running, frames: 0, rate: SampleRate(hertz: 48_000))
        signs = VitalSigns(
            capture: device, playback: speaker ? device : nil, uplink: .start, linkTurns: 0, controlTurns: 0,
            link: .open)
        verdict = watch.examine(signs, at: now)
    }

    var seconds: Double { Double(now.nanoseconds - 1_000_000_000) / 1e9 }

    /// `elapsed` seconds of work, then an examination.
    mutating func live(_ elapsed: Double) {
        now = now + .seconds(elapsed)
        let frames = Int64(elapsed * 48_000)
        if health.captureMoves, signs.capture.state == .running {
            signs.capture.frames += frames
            if health.uplinkMoves { signs.uplink += FrameCount(frames / 3) }
        }
        if health.playbackMoves, signs.playback?.state == .running { signs.playback?.frames += frames }
        if health.linkTurns { signs.linkTurns += 1 }
        if health.controlTurns { signs.controlTurns += 1 }
        examine()
    }

    mutating func live(_ elapsed: Double, times: Int) {
        for _ in 0..<times { live(elapsed) }
    }

    /// The machine sleeps: time goes on, nothing else does.
    mutating func suspend(_ elapsed: Double) {
        now = now + .seconds(elapsed)
        examine()
    }

    mutating func change(_ change: (inout VitalSigns) -> Void) { change(&signs) }

    private mutating func examine() {
        verdict = watch.examine(signs, at: now)
        orders += verdict.orders.map { (seconds, $0) }
        if verdict.mayPet { lastPet = seconds }
    }

    /// `capture reopenDevice 8`, one for each order, rounded to seconds.
    var history: [String] {
        orders.map { "\($0.order.organ) \($0.order.stage) \(Int($0.seconds.rounded()))" }
    }
}
