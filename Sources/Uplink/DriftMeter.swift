import Audio

/// How fast the device's sample clock is against `CLOCK_MONOTONIC`.
///
/// Each second of marks is one point: frames delivered, in nominal time, less the time that passed. The slope
/// of the line through the points of the last five minutes (least squares) is the drift:
///
///     ahead │            ·  ·        480 frames too many in 600 s at 48 kHz: 10 ms in 600 s,
///           │      ·  ·              +16 667 parts per billion, the device is fast
///           │·  ·
///           └─────────────── time
///
/// A stamp that is a millisecond off moves the slope of one minute by 1 ppm. What was lost interrupts the
/// count, so the measurement begins anew; frames whose number is known do not.
///
/// Pure. Times are nanoseconds of `CLOCK_MONOTONIC`.
struct DriftMeter {
    /// Seconds of marks that are looked at, and that there must be before the first answer.
    private static let pointsMax = 300
    private static let secondsMin = 60
    private static let second = 1_000_000_000.0

    private struct Point {
        /// Since `origin`, and how much more than that was delivered; nanoseconds.
        var time = 0.0
        var ahead = 0.0
    }

    private let rate: Double
    /// Frames delivered since the measurement began.
    private var frames: Int64 = 0
    /// The time of the first mark, and how many frames there were.
    private var origin: (time: Int64, frames: Int64)?
    private var points: [Point] = []
    /// The sum of the marks of the second that is not over, and how many they are.
    private var current = Point()
    private var marks = 0
    /// When that second began, since `origin`.
    private var begin = 0.0

    init(rate: SampleRate) { self.rate = Double(rate.hertz) }

    /// Parts per billion, positive where the device is fast; nil until a minute has passed.
    private(set) var partsPerBillion: Int64?

    /// So many frames were delivered, or lost and counted.
    mutating func advance(_ count: Int64) { frames += count }

    /// The next frame was captured at `time`.
    mutating func mark(_ time: Int64) {
        guard let origin else {
            origin = (time, frames)
            return
        }
        let passed = Double(time - origin.time)
        let point = Point(time: passed, ahead: Double(frames - origin.frames) / rate * Self.second - passed)
        if marks > 0, passed - begin >= Self.second { closePoint() }
        if marks == 0 { begin = passed }
        current.time += point.time
        current.ahead += point.ahead
        marks += 1
    }

    private mutating func closePoint() {
        if points.count == Self.pointsMax { points.removeFirst() }
        points.append(Point(time: current.time / Double(marks), ahead: current.ahead / Double(marks)))
        (current, marks) = (Point(), 0)
        guard let first = points.first, let last = points.last,
            last.time - first.time >= Double(Self.secondsMin) * Self.second
        else { return }
        let count = Double(points.count)
        let meanTime = points.reduce(0) { $0 + $1.time } / count
        let meanAhead = points.reduce(0) { $0 + $1.ahead } / count
        var (product, square) = (0.0, 0.0)
        for point in points {
            product += (point.time - meanTime) * (point.ahead - meanAhead)
            square += (point.time - meanTime) * (point.time - meanTime)
        }
        partsPerBillion = Int64((product / square * Self.second).rounded())
    }
}
