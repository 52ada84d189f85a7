import Audio
import Testing
import Timeline

@testable import Transcript

@Suite("Session clock")
struct SessionClockTests {
    @Test("before anything is measured, positions run at the nominal rate from the start")
    func nominal() {
        let clock = toyClock()
        #expect(clock.bootTime(of: position(1_500)) == boot(milliseconds: 6_500))
        #expect(clock.position(at: boot(milliseconds: 6_500)) == position(1_500))
        #expect(clock.wallTime(of: position(1_500)).rfc3339 == "2026-02-28T12:00:01.500Z")
    }

    @Test("a jump of the capture time moves only what comes after it")
    func jump() {
        var clock = toyClock()
        clock.captured(position(1_000), at: boot(milliseconds: 6_000))
        clock.captured(position(2_000), at: boot(milliseconds: 9_000))
        #expect(clock.bootTime(of: position(1_000)) == boot(milliseconds: 6_000))
        #expect(clock.bootTime(of: position(1_999)) == boot(milliseconds: 6_999))
        #expect(clock.bootTime(of: position(2_000)) == boot(milliseconds: 9_000))
        #expect(clock.position(at: boot(milliseconds: 8_000)) == position(2_000))
        #expect(clock.position(at: boot(milliseconds: 9_250)) == position(2_250))
    }

    @Test("a device that runs fast does not make time step back")
    func fastDevice() {
        var clock = toyClock()
        // 1 % fast: 100 frames in 99 ms.
        for index in Int64(1)...1_000 {
            clock.captured(position(index * 100), at: boot(milliseconds: 5_000 + index * 99))
        }
        var last = boot(milliseconds: 0)
        for frame in Int64(0)...100_000 {
            let now = clock.bootTime(of: position(frame))
            if now < last { Issue.record("stepped back at \(frame)") }
            last = now
        }
        let error = clock.bootTime(of: position(100_000)) - boot(milliseconds: 104_000)
        #expect(error < .milliseconds(100) && error > .milliseconds(-100))
        #expect(clock.anchorCount < 20)
    }

    @Test("jitter leaves no anchors")
    func jitter() {
        var clock = toyClock()
        for index in Int64(1)...400 {
            clock.captured(position(index * 20), at: boot(milliseconds: 5_000 + index * 20 + index % 7))
        }
        #expect(clock.anchorCount == 1)
    }

    @Test("pairs that step back are ignored")
    func stepsBack() {
        var clock = toyClock()
        clock.captured(position(1_000), at: boot(milliseconds: 9_000))
        clock.captured(position(500), at: boot(milliseconds: 20_000))
        clock.captured(position(2_000), at: boot(milliseconds: 8_000))
        #expect(clock.anchorCount == 2)
        #expect(clock.bootTime(of: position(2_000)) == boot(milliseconds: 10_000))
    }

    @Test("anchors never exceed their bound, and the newest stays exact")
    func bounded() {
        var clock = toyClock()
        for index in Int64(1)...20_000 {
            clock.captured(position(index * 1_000), at: boot(milliseconds: 5_000 + index * 2_000))
        }
        #expect(clock.anchorCount <= TranscriptLimits.anchorsMax)
        #expect(clock.bootTime(of: position(20_000_000)) == boot(milliseconds: 40_005_000))
    }

    @Test("forgetting keeps what later positions need")
    func forgets() {
        var clock = toyClock()
        clock.captured(position(1_000), at: boot(milliseconds: 10_000))
        clock.captured(position(2_000), at: boot(milliseconds: 20_000))
        clock.captured(position(3_000), at: boot(milliseconds: 30_000))
        clock.forget(before: position(2_500))
        #expect(clock.anchorCount == 2)
        #expect(clock.bootTime(of: position(2_500)) == boot(milliseconds: 20_500))
        #expect(clock.bootTime(of: position(3_500)) == boot(milliseconds: 30_500))
    }

    @Test(
        "a step of the wall clock is told from half a second on, and every sample is followed",
        arguments: [
            (499, false), (500, true), (-499, false), (-500, true), (86_400_000, true),
        ] as [(Int64, Bool)])
    func steps(milliseconds: Int64, told: Bool) {
        var clock = toyClock()
        let wall = WallTime(nanoseconds: noon.nanoseconds + (60_000 + milliseconds) * 1_000_000)
        let step = clock.sampled(ClockSample(boot: boot(milliseconds: 65_000), wall: wall))
        #expect((step != nil) == told)
        if let step { #expect(step.change == .milliseconds(milliseconds)) }
        #expect(clock.wallTime(of: position(60_000)) == wall)
    }

    @Test("slewing adds up without a step")
    func slewing() {
        var clock = toyClock()
        for index in Int64(1)...1_000 {
            let wall = WallTime(nanoseconds: noon.nanoseconds + index * 10_005 * 1_000_000)
            #expect(
                clock.sampled(ClockSample(boot: boot(milliseconds: 5_000 + index * 10_000), wall: wall))
                    == nil)
        }
        #expect(clock.wallTime(of: position(10_000_000)).rfc3339 == "2026-02-28T14:46:45.000Z")
    }
}
