import Audio

/// When each captured frame was captured, from what the device says once a period: "so many frames wait, as
/// of now".
///
/// A frame that waits was captured by now, and the next one was not: each answer bounds the time of the next
/// unread frame from both sides, one frame apart. Answers of successive periods narrow that down:
///
///     answer 1      |------|
///     answer 2          |------|        (both carried to the same frame)
///     bounds            |--|
///
/// At 16 kHz a frame is 62 µs and the bounds settle within about 10 µs. A device whose position moves in
/// bursts answers late now and then; those answers are passed over. Bounds widen by 100 ppm, the error of a
/// cheap crystal.
///
/// Pure, integers only. Times are nanoseconds of `CLOCK_MONOTONIC`.
package struct FrameClock {
    private var rate: Int64
    /// The next unread frame begins in `earliest...latest`.
    private var earliest: Int64
    private var latest: Int64
    private var lateAnswers = 0

    /// Late answers in a row after which they are believed: the device's clock is slow, or frames were lost
    /// unseen.
    private static let lateAnswersMax = 16

    /// The device, at `rate`, started at `time`, somewhere in its first frame.
    package init(rate: SampleRate, startedAt time: Int64) {
        self.rate = Int64(rate.hertz)
        earliest = time - 1_000_000_000 / self.rate
        latest = time
    }

    /// The next frame begins at `time`: that is when the frames of an earlier run ended.
    package init(rate: SampleRate, nextFrameAt time: Int64) {
        self.rate = Int64(rate.hertz)
        earliest = time
        latest = time
    }

    /// When the next unread frame begins.
    ///
    /// RT-safe.
    package var nextFrameTime: Int64 {
        @_noAllocation @_noLocks get { earliest + (latest - earliest) / 2 }
    }

    /// The device said at `time` that `waiting` frames wait.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package mutating func observed(waiting: Int, at time: Int64) {
        let upper = time - Int64(waiting) * 1_000_000_000 / rate
        let lower = upper - 1_000_000_000 / rate
        if lower > latest && lateAnswers < Self.lateAnswersMax {
            lateAnswers += 1
            return
        }
        lateAnswers = 0
        if upper < earliest || lower > latest {
            // No frame waits before it was captured: an early answer is always right.
            earliest = lower
            latest = upper
        } else {
            earliest = max(earliest, lower)
            latest = min(latest, upper)
        }
    }

    /// `frames` were read.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package mutating func advanced(by frames: Int) {
        let passed = Int64(frames) * 1_000_000_000 / rate
        let doubt = passed / 10_000
        earliest += passed - doubt
        latest += passed + doubt
    }

    /// The device, now at `rate`, started anew at `time`, after the machine had slept for `suspended`
    /// nanoseconds that the clock did not count. Returns the whole frames that went by between the last frame
    /// read and the start.
    ///
    /// Where the device's own clock runs on while it is stopped, that is exact but for a frame.
    package mutating func restarted(at time: Int64, rate: SampleRate, suspended: Int64) -> Int64 {
        let gap = max(0, time - nextFrameTime + suspended)
        self = FrameClock(rate: rate, startedAt: time)
        // Whole seconds apart: a card may be gone for months.
        let (seconds, rest) = gap.quotientAndRemainder(dividingBy: 1_000_000_000)
        return seconds * self.rate + rest * self.rate / 1_000_000_000
    }
}
