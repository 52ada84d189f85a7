import Audio
import Timeline

/// Where the device's frames lie on the session's timeline, to the frame and for ever.
///
/// Device frames are counted, lost ones included, since the device last changed its rate (`base`); a position
/// is that count at the uplink rate, rounded down. Nothing is added up twice, so nothing drifts; only a
/// change of the rate rounds once more, by less than a frame.
///
///     device 48 000 Hz:  0 ──── 48 000 ──╳ 4 801 lost ╳── 52 801 ────
///     position 16 kHz:   0 ──── 16 000 ─────────────── 17 600 (52 801 / 3 = 17 600⅓)
struct PositionTrack {
    let uplinkRate: SampleRate
    private(set) var deviceRate: SampleRate
    private var base: StreamPosition
    /// Frames of the device since `base`, lost ones included.
    private var deviceFrames: Int64 = 0
    private var anchor: (position: StreamPosition, time: BootTime)?

    init(uplinkRate: SampleRate, deviceRate: SampleRate, at position: StreamPosition) {
        self.uplinkRate = uplinkRate
        self.deviceRate = deviceRate
        base = position
    }

    /// The position of the next frame of the device.
    var position: StreamPosition { position(after: 0) }

    /// The position of the frame of the device that is `frames` behind the next one.
    func position(after frames: Int64) -> StreamPosition {
        let deviceFrames = deviceFrames + frames
        let (whole, rest) = deviceFrames.quotientAndRemainder(dividingBy: Int64(deviceRate.hertz))
        let uplink = Int64(uplinkRate.hertz)
        return base + FrameCount(whole * uplink + rest * uplink / Int64(deviceRate.hertz))
    }

    /// The device delivered, or lost, `frames`.
    mutating func advance(_ frames: Int64) { deviceFrames += frames }

    /// The device came back at `rate`; its next frame lies where that of the old rate would.
    mutating func rebase(to rate: SampleRate) {
        guard rate != deviceRate else { return }
        base = position
        deviceFrames = 0
        deviceRate = rate
    }

    /// The next frame of the device was captured at `time`.
    mutating func anchor(at time: BootTime) {
        // The position is rounded down: it stands for an instant a fraction of a frame before that device
        // frame.
        let (device, uplink) = (Int64(deviceRate.hertz), Int64(uplinkRate.hertz))
        let fraction = deviceFrames % device * uplink % device
        let earlier = fraction * 1_000_000_000 / (device * uplink)
        anchor = (position, BootTime(nanoseconds: time.nanoseconds - earlier))
    }

    /// When the frame at `position` was captured, by the newest anchor; nil before the first.
    func time(of position: StreamPosition) -> BootTime? {
        guard let anchor else { return nil }
        let distance = (position - anchor.position).nanoseconds(at: uplinkRate)
        return BootTime(nanoseconds: anchor.time.nanoseconds + distance)
    }
}
