import Audio

/// When each captured frame was captured, from what the device says once a period: "so many frames wait, as
/// of now"; and how many frames are missing though the device has not said a word.
///
/// A frame that waits was captured by now, and the next one was not: each answer bounds the time of the next
/// unread frame from both sides, one frame apart. Answers of successive periods narrow that down:
///
///     answer 1      |------|
///     answer 2          |------|        (both carried to the same frame)
///     bounds            |--|
///
/// At 16 kHz a frame is 62 µs and the bounds settle within about 10 µs. Bounds widen by 100 ppm, the error of
/// a cheap crystal. A device whose position moves in bursts answers late now and then; a late answer is
/// passed over until sixteen in a row were late, and then the least late of them is believed: a slow clock.
/// No frame waits before it was captured, so an answer that is early by less than a step is believed at once.
///
/// **Lost frames.** When all answers of half a second, sixteen at least, are late by a *step* (5 ms, or a
/// period where that is longer), no clock is so slow: that many frames were lost unseen (USB, a driver that
/// swallows). They are counted once, where they were noticed, half a second after it happened. A loss below
/// a step cannot be told from a slow clock and is followed as one; many of them show in the measured drift.
/// The first start is no loss: a device may need a while until its first frame.
///
/// A device that jumps ahead by a step, frames that are too many, is believed after sixteen answers. Time as
/// told here stands still then, until it has caught up; it never goes back.
///
/// Pure, integers only. Times are nanoseconds of `CLOCK_MONOTONIC`.
package struct FrameClock {
    private var rate: Int64
    /// What is lost frames and no drift, in nanoseconds.
    private let step: Int64
    /// The next unread frame begins in `earliest...latest`.
    private var earliest: Int64
    private var latest: Int64
    /// What was told of the frames before is not after this.
    private var told = Int64.min
    /// Answers in a row that were late by less than a step, and how late the least late of them was.
    private var lateAnswers = 0
    private var leastLate: Int64 = 0
    /// The same of those that were late by a step or more, and since when.
    private var stepAnswers = 0
    private var leastStep: Int64 = 0
    private var stepSince: Int64 = 0
    /// Answers in a row that were early by a step.
    private var earlyAnswers = 0
    /// What is late from now on has been lost. Not so before the first frames.
    private var isSettled = false

    /// Answers in a row after which they are believed, whatever they say.
    private static let answersMax = 16
    /// How long answers must have been late by a step, in nanoseconds. A device whose position lags by
    /// anything up to 10 ms, at random, has 50 answers of 10 ms in that time: all of them late by half of
    /// that comes once in 2⁵⁰.
    private static let lossNanoseconds: Int64 = 500_000_000
    /// The least step.
    private static let stepMin: Int64 = 5_000_000

    /// The device, at `rate`, started at `time`, somewhere in its first frame. `period` is what it moves at
    /// once, in nanoseconds.
    package init(rate: SampleRate, startedAt time: Int64, period: Int64 = 0) {
        self.rate = Int64(rate.hertz)
        step = max(Self.stepMin, period)
        earliest = time - 1_000_000_000 / self.rate
        latest = time
    }

    /// The next frame begins at `time`: that is when the frames of an earlier run ended.
    package init(rate: SampleRate, nextFrameAt time: Int64) {
        self.rate = Int64(rate.hertz)
        step = Self.stepMin
        earliest = time
        latest = time
    }

    /// When the next unread frame begins.
    ///
    /// RT-safe.
    package var nextFrameTime: Int64 {
        @_noAllocation @_noLocks get { max(told, middle) }
    }

    /// RT-safe.
    private var middle: Int64 {
        @_noAllocation @_noLocks get { earliest + (latest - earliest) / 2 }
    }

    /// The device said at `time` that `waiting` frames wait. Returns how many frames were lost before the
    /// next unread one, unseen until now; mostly none.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package mutating func observed(waiting: Int, at time: Int64) -> Int64 {
        let upper = time - Int64(waiting) * 1_000_000_000 / rate
        let lower = upper - 1_000_000_000 / rate
        if lower > latest {
            let late = lower - latest
            return late < step ? wasLate(by: late) : wasLateByAStep(late, at: time)
        }
        lateAnswers = 0
        stepAnswers = 0
        if upper < earliest {
            earlyAnswers += 1
            if isSettled && earliest - upper >= step && earlyAnswers < Self.answersMax { return 0 }
            earliest = lower
            latest = upper
        } else {
            earliest = max(earliest, lower)
            latest = min(latest, upper)
        }
        earlyAnswers = 0
        isSettled = true
        return 0
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func wasLate(by late: Int64) -> Int64 {
        earlyAnswers = 0
        stepAnswers = 0
        leastLate = lateAnswers == 0 ? late : min(leastLate, late)
        lateAnswers += 1
        if lateAnswers == Self.answersMax { move(by: leastLate) }
        return 0
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func wasLateByAStep(_ late: Int64, at time: Int64) -> Int64 {
        earlyAnswers = 0
        if stepAnswers == 0 { stepSince = time }
        leastStep = stepAnswers == 0 ? late : min(leastStep, late)
        stepAnswers += 1
        if stepAnswers < Self.answersMax { return 0 }
        let isLoss = isSettled
        if isLoss && time - stepSince < Self.lossNanoseconds { return 0 }
        let before = middle
        move(by: leastStep)
        return isLoss ? frames(in: middle - before + 500_000_000 / rate) : 0
    }

    /// The least late of many answers was late by so much. RT-safe.
    @_noAllocation @_noLocks
    private mutating func move(by late: Int64) {
        earliest = latest + late
        latest = earliest + 1_000_000_000 / rate
        lateAnswers = 0
        stepAnswers = 0
        isSettled = true
    }

    /// `frames` were read.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package mutating func advanced(by frames: Int) {
        told = nextFrameTime
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
    package mutating func restarted(
        at time: Int64, rate: SampleRate, period: Int64 = 0, suspended: Int64
    ) -> Int64 {
        let gap = max(0, time - nextFrameTime + suspended)
        let last = told
        self = FrameClock(rate: rate, startedAt: time, period: period)
        // Its first frame adjoins what is counted here: a late one leaves a hole.
        isSettled = true
        told = last
        return frames(in: gap)
    }

    /// Whole seconds apart: a card may be gone for months. RT-safe.
    @_noAllocation @_noLocks
    private func frames(in nanoseconds: Int64) -> Int64 {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return seconds * rate + rest * rate / 1_000_000_000
    }
}
