import Audio
import Capture
import Testing

/// Toy scale: 1 000 frames a second, so a frame lasts a millisecond.
@Suite("The frame clock") struct CaptureFrameClockTests {
    private let millisecond: Int64 = 1_000_000
    private let rate = SampleRate(hertz: 1_000)

    @Test("narrows the time of the next frame down to well below a frame")
    func narrows() {
        var clock = FrameClock(rate: rate, startedAt: 0)
        // Answers come 0.1, 0.9, 0.5 ms after the last whole frame.
        for (index, late) in [100_000, 900_000, 500_000].enumerated() {
            _ = clock.observed(waiting: 10, at: Int64(index + 1) * 10 * millisecond + Int64(late))
            clock.advanced(by: 10)
        }
        let truth = 30 * millisecond
        #expect(abs(clock.nextFrameTime - truth) < 110_000)
    }

    @Test("passes over answers that come late in bursts")
    func bursts() {
        var clock = FrameClock(rate: rate, startedAt: 0)
        for index in 1...100 {
            let late = index.isMultiple(of: 3) ? 6 * millisecond : 300_000
            _ = clock.observed(waiting: 10, at: Int64(index) * 10 * millisecond + late)
            clock.advanced(by: 10)
        }
        #expect(abs(clock.nextFrameTime - 1_000 * millisecond) <= millisecond)
    }

    @Test(
        "follows a clock that is fast or slow by more than a crystal is",
        arguments: [-1_000, -100, 100, 1_000])
    func drift(partsPerMillion: Int64) {
        var clock = FrameClock(rate: rate, startedAt: 0)
        for index in 1...1_000 {
            let true10 = 10 * millisecond - 10 * millisecond * partsPerMillion / 1_000_000
            _ = clock.observed(waiting: 10, at: Int64(index) * true10)
            clock.advanced(by: 10)
        }
        let truth = 1_000 * (10 * millisecond - 10 * millisecond * partsPerMillion / 1_000_000)
        #expect(abs(clock.nextFrameTime - truth) <= millisecond)
    }

    @Test("counts the frames that went by until a restart", arguments: [0, 1, 7, 1_000, 86_400_000])
    func restart(lost: Int64) {
        var clock = FrameClock(rate: rate, startedAt: 0)
        for index in 1...50 {
            _ = clock.observed(waiting: 10, at: Int64(index) * 10 * millisecond + Int64(index % 10) * 99_000)
            clock.advanced(by: 10)
        }
        let half = millisecond / 2
        let frames = clock.restarted(
            at: 500 * millisecond + lost * millisecond + half, rate: rate, suspended: 0)
        #expect(frames == lost)
    }

    @Test("a suspend counts though the clock stood still, and a hundred days do not overflow")
    func longAbsence() {
        var clock = FrameClock(rate: SampleRate(hertz: 192_000), startedAt: 0)
        let days: Int64 = 100 * 86_400
        let frames = clock.restarted(
            at: 0, rate: SampleRate(hertz: 192_000), suspended: days * 1_000_000_000)
        #expect(frames == days * 192_000)
    }

    @Test("counts what is missing at the rate the device has afterwards")
    func newRate() {
        var clock = FrameClock(rate: rate, startedAt: 0)
        clock.advanced(by: 1_000)
        let frames = clock.restarted(
            at: 3_000 * millisecond + millisecond / 2, rate: SampleRate(hertz: 2_000), suspended: 0)
        #expect(abs(frames - 4_000) <= 2)
    }

    @Test("goes on where an earlier run ended, though the machine slept before and after the program started")
    func earlierRun() {
        // Ended at 100 s of boot time; 40 s of sleep before the start, 7 s after it, device at 63 s awake.
        for rate in [8_000, 44_100, 48_000] {
            let rate = SampleRate(hertz: rate)
            var clock = FrameClock(rate: rate, nextFrameAt: (100 - 40) * 1_000 * millisecond)
            let frames = clock.restarted(
                at: 63 * 1_000 * millisecond, rate: rate, suspended: 7 * 1_000 * millisecond)
            #expect(frames == Int64(10 * rate.hertz))
        }
    }
}
