import Audio
import Capture
import Testing

/// A device that counts by a clock of its own, answers late by what its position lags, and swallows frames.
private struct SwallowingDevice {
    /// Parts per million its clock is fast.
    let drift: Int64
    /// How far its position lags, at random or in a beat; nanoseconds.
    let lag: Int64
    let isBeating: Bool
    let rate: Int64 = 16_000
    var random: SeededGenerator
    var clock: FrameClock
    var now: Int64 = 1_000_000_000
    private var read: Int64 = 0
    private(set) var swallowed: Int64 = 0
    /// What the clock has said to be lost.
    private(set) var told: Int64 = 0
    private(set) var times = 0
    private var lastTime = Int64.min
    private(set) var hasGoneBack = false

    init(drift: Int64, lag: Int64 = 0, isBeating: Bool = false, seed: Int = 1) {
        self.drift = drift
        self.lag = lag
        self.isBeating = isBeating
        random = SeededGenerator(seed: seed)
        clock = FrameClock(
            rate: SampleRate(hertz: 16_000), startedAt: 1_000_000_000, period: 10_000_000)
    }

    /// Frames the device has counted at `time`, whole ones.
    private func counted(at time: Int64) -> Int64 {
        Int64((Double(time - 1_000_000_000) * trueRate / 1_000_000_000).rounded(.down))
    }

    /// Frames a second.
    private var trueRate: Double { Double(rate) * (1 + Double(drift) / 1_000_000) }

    mutating func swallow(_ frames: Int64) { swallowed += frames }

    /// Gives `frames` twice.
    mutating func stutter(_ frames: Int64) { swallowed -= frames }

    /// One wake of the reader: 10 ms on, a little late, now and then very late.
    mutating func wake() {
        now += 10_000_000 + Int64.random(in: -300_000...300_000, using: &random)
        if Int.random(in: 0..<500, using: &random) == 0 { now += 40_000_000 }
        // In the beat the lag grows for a minute, and falls at once.
        let late =
            lag == 0
            ? 0
            : isBeating ? now % 60_000_000_000 * lag / 60_000_000_000 : .random(in: 0...lag, using: &random)
        let waiting = counted(at: now - late) - swallowed - read
        guard waiting > 0 else { return }
        let lost = clock.observed(waiting: Int(waiting), at: now)
        told += lost
        if lost > 0 { times += 1 }
        if clock.nextFrameTime < lastTime { hasGoneBack = true }
        lastTime = clock.nextFrameTime
        clock.advanced(by: Int(waiting))
        read += waiting
    }

    /// How far the clock is from when the next frame really begins, in nanoseconds.
    var error: Int64 {
        let truth = Double(read + swallowed) * 1_000_000_000 / trueRate
        return clock.nextFrameTime - 1_000_000_000 - Int64(truth)
    }
}

@Suite("Frames lost without a word") struct CaptureLostFramesTests {
    @Test(
        "hours of a clock that is fast or slow, with a position that jumps about, are no loss",
        arguments: [-500, 0, 500], [0, 8_000_000])
    func noFalseAlarm(drift: Int64, lag: Int64) {
        var device = SwallowingDevice(drift: drift, lag: lag, seed: Int(drift) + 7)
        for _ in 0..<2 * 360_000 { device.wake() }
        #expect(device.times == 0 && device.told == 0)
        #expect(!device.hasGoneBack)
        #expect(abs(device.error) <= max(lag, 200_000), "\(device.error) ns")
    }

    @Test("nor is a lag that grows for a minute and falls at once", arguments: [-500, 500])
    func beat(drift: Int64) {
        var device = SwallowingDevice(drift: drift, lag: 9_000_000, isBeating: true)
        for _ in 0..<360_000 { device.wake() }
        #expect(device.told == 0)
        #expect(!device.hasGoneBack)
    }

    @Test("each loss of a step or more is told once, to the frame", arguments: [-500, -20, 0, 20, 500])
    func losses(drift: Int64) {
        var device = SwallowingDevice(drift: drift)
        for _ in 0..<300 { device.wake() }
        for (index, frames) in [200, 180, 4_000, 320, 16_000, 190].enumerated() {
            let before = device.told
            // So far apart the two clocks come while frames are lost, and while that is being noticed.
            let drifted = (Int64(frames) + 9_600) * abs(drift) / 1_000_000
            device.swallow(Int64(frames))
            for _ in 0..<300 { device.wake() }
            #expect(device.times == index + 1)
            #expect(abs(device.told - before - Int64(frames)) <= 2 + drifted, "\(frames) frames")
            #expect(abs(device.error) <= 400_000, "\(device.error) ns")
        }
    }

    @Test("a loss is told through a position that jumps about", arguments: 1...8)
    func lossesWithLag(seed: Int) {
        var device = SwallowingDevice(drift: 100, lag: 8_000_000, seed: seed)
        for _ in 0..<500 { device.wake() }
        device.swallow(800)
        for _ in 0..<500 { device.wake() }
        #expect(device.times == 1)
        // 50 answers of which the best lags by some tenths of a millisecond.
        #expect(abs(device.told - 800) <= 16)
        #expect(abs(device.error) <= 2_000_000)
    }

    @Test("a loss smaller than a step is followed, and told by nobody")
    func smallLoss() {
        var device = SwallowingDevice(drift: 0)
        for _ in 0..<300 { device.wake() }
        for _ in 0..<10 {
            device.swallow(60)
            for _ in 0..<100 { device.wake() }
        }
        #expect(device.told == 0)
        #expect(abs(device.error) <= 200_000)
    }

    @Test("frames too many never take time back", arguments: [20, 160, 1_600, 16_000])
    func tooMany(frames: Int64) {
        var device = SwallowingDevice(drift: 0)
        for _ in 0..<300 { device.wake() }
        device.stutter(frames)
        for _ in 0..<1_000 { device.wake() }
        #expect(device.told == 0)
        #expect(!device.hasGoneBack)
        #expect(abs(device.error) <= 200_000)
    }

    @Test("one answer that is wrong by an hour changes nothing", arguments: [-1, 1])
    func nonsense(sign: Int64) {
        let rate = SampleRate(hertz: 1_000)
        var clock = FrameClock(rate: rate, startedAt: 0)
        for index in 1...500 {
            let time = Int64(index) * 10_000_000 + 500_000
            let wrong = index == 250 ? sign * 3_600_000_000_000 : 0
            let lost = clock.observed(waiting: 10, at: time + wrong)
            #expect(lost == 0)
            clock.advanced(by: 10)
        }
        #expect(abs(clock.nextFrameTime - 5_000_000_000) <= 1_000_000)
    }

    @Test("a device that needs a while for its first frame has lost none, unless it was restarted")
    func slowStart() {
        let rate = SampleRate(hertz: 1_000)
        for isRestart in [false, true] {
            var clock = FrameClock(rate: rate, startedAt: 0)
            if isRestart { _ = clock.restarted(at: 0, rate: rate, suspended: 0) }
            var lost: Int64 = 0
            for index in 1...200 {
                lost += clock.observed(waiting: 10, at: 30_000_000 + Int64(index) * 10_000_000 + 500_000)
                clock.advanced(by: 10)
            }
            #expect((isRestart ? 29...31 : 0...0).contains(lost), "\(lost)")
        }
    }
}
