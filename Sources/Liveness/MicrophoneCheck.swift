import Timeline

/// Tells a live microphone from a dead or a bad one by what it has delivered for some seconds.
///
/// Pure. Speech, music and quiet rooms never look ill for as long as it takes; and what is ill must have been
/// well for some seconds before it counts as well.
///
///                      ill when seen in           well again when seen in
///     no frames        5 s without one            the first second
///     digital zero     10 of 10 s                 8 of 10 s or fewer
///     mute floor       10 of 10 s                 8 of 10 s or fewer
///     clipping         5 of 20 s                  0 of 20 s
///     offset           20 of 20 s                 10 of 20 s or fewer
///     hum              19 of 20 s                 10 of 20 s or fewer
package struct MicrophoneCheck: Sendable {
    /// What one second of sound held.
    package struct Second: Hashable, Sendable {
        /// The mean of all samples, of full scale ±1.
        package var offset: Double
        /// The largest sample less the smallest one, in steps of 16-bit samples.
        package var spread: Int
        /// Whether every sample was exactly zero.
        package var isZero: Bool
        /// The share of samples at either end of the range, 0…1.
        package var clippedShare: Double
        /// The share of the power at 50 Hz or 60 Hz and harmonics, whichever is more, 0…1.
        package var humShare: Double

        package init(offset: Double, spread: Int, isZero: Bool, clippedShare: Double, humShare: Double) {
            self.offset = offset
            self.spread = spread
            self.isZero = isZero
            self.clippedShare = clippedShare
            self.humShare = humShare
        }
    }

    /// No frames for so long is an illness. Longer than a device needs to be opened again.
    package static let frameTime = Duration.seconds(5)
    /// Of 16-bit steps: ±2. The noise of the quietest microphones spreads over ten within a second.
    package static let muteSpreadMax = 4
    /// Five samples a second at 16 kHz may be bad luck; loud speech that is cut off has hundreds.
    package static let clippedShareMin = 0.001
    /// −34 dBFS. Cheap converters are off by up to 1 %, which harms nothing.
    package static let offsetMin = 0.02
    /// Of all power. A low voice has less at any five lines, and not for long.
    package static let humShareMin = 0.7
    /// A hum below this spread is as quiet as the room: −66 dBFS.
    package static let humSpreadMin = 32
    /// Most time one call of `timePassed` may count.
    package static let stepMax = Duration.seconds(2)
    /// Seconds heard before anything is said to be well.
    package static let secondsMin = 3

    private var zero = Habit(span: 10, onset: 10, release: 8)
    private var mute = Habit(span: 10, onset: 10, release: 8)
    private var clipping = Habit(span: 20, onset: 5, release: 0)
    private var offset = Habit(span: 20, onset: 20, release: 10)
    private var hum = Habit(span: 20, onset: 19, release: 10)
    private var heard = 0
    private var lastLook: BootTime?
    private var withoutFrames = Duration.zero

    package init() {}

    /// The worst that holds now.
    package var condition: MicrophoneCondition {
        if withoutFrames >= Self.frameTime { return .noFrames }
        if zero.isHeld { return .digitalZero }
        if mute.isHeld { return .muteFloor }
        if clipping.isHeld { return .clipping }
        if offset.isHeld { return .offset }
        if hum.isHeld { return .hum }
        return heard < Self.secondsMin ? .unknown : .well
    }

    /// Another second of sound was measured.
    package mutating func heard(_ second: Second) {
        heard = min(heard + 1, Self.secondsMin)
        zero.note(second.isZero)
        mute.note(second.spread <= Self.muteSpreadMax)
        clipping.note(second.clippedShare >= Self.clippedShareMin)
        offset.note(abs(second.offset) >= Self.offsetMin)
        hum.note(second.humShare >= Self.humShareMin && second.spread >= Self.humSpreadMin)
    }

    /// To be called about once a second: whether frames came from the device since the last call, whatever
    /// became of them.
    package mutating func timePassed(framesCame: Bool, at now: BootTime) {
        // A machine that slept delivered nothing, and is not to blame for it.
        let elapsed = lastLook.map { min(max(now - $0, .zero), Self.stepMax) } ?? .zero
        lastLook = now
        withoutFrames = framesCame ? .zero : withoutFrames + elapsed
    }

    /// Another device, or the same one plugged in again: nothing is known of it.
    package mutating func deviceChanged() { self = MicrophoneCheck() }
}
