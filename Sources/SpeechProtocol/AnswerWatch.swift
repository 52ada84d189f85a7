import Audio
import Timeline

/// Notices that a service takes audio and says nothing about it, though its transport lives.
///
/// Pure. Counts audio, not time: a muted microphone sends none, so nothing is missing then. Silence in the
/// room is audio; a service may have nothing to say about it for long, which is why it is asked (Finalize)
/// before it is given up. With the default settings, at up to 1.25 × real time:
///
///     8 s of audio without an answer   Finalize   5 s   give up: at most 15 s of audio
///
/// Faster than that (a high pace), the 8 s of audio must also have had 6.4 s of time.
package struct AnswerWatch: Sendable {
    /// How soon the service is doubted.
    package struct Settings: Hashable, Sendable {
        /// Audio sent since the last answer until the service is asked.
        package var audio: Duration
        /// Least time since the first of this audio was sent.
        package var time: Duration
        /// From the question to any answer.
        package var answerTime: Duration

        package init(
            audio: Duration = Limits.probeAudio, time: Duration = Limits.probeAudioTime,
            answerTime: Duration = Limits.probeAnswerTime
        ) {
            precondition(audio > .zero && time >= .zero && answerTime > .zero, "an answer takes time")
            self.audio = audio
            self.time = time
            self.answerTime = answerTime
        }
    }

    private enum State {
        /// All audio had an answer.
        case quiet
        /// `frames` were sent since `first`; `due`: they are enough to ask.
        case counting(frames: FrameCount, first: BootTime, due: BootTime?)
        case asked(BootTime)
    }

    private let settings: Settings
    private let enough: FrameCount
    private var state = State.quiet

    package init(rate: SampleRate, settings: Settings = Settings()) {
        self.settings = settings
        enough = rate.frames(inNanoseconds: settings.audio.wholeNanoseconds)
    }

    /// `frames` of audio were sent.
    package mutating func audioSent(_ frames: FrameCount, at now: BootTime) {
        switch state {
        case .quiet: count(frames, since: now, at: now)
        case .counting(let before, let first, nil): count(before + frames, since: first, at: now)
        case .counting, .asked: break
        }
    }

    private mutating func count(_ frames: FrameCount, since first: BootTime, at now: BootTime) {
        let due = frames >= enough ? max(now, first + settings.time) : nil
        state = .counting(frames: frames, first: first, due: due)
    }

    /// The service said something about audio.
    package mutating func answered() { state = .quiet }

    /// When `deadlinePassed` is to be called; nil: no need.
    package var nextDeadline: BootTime? {
        switch state {
        case .quiet: nil
        case .counting(_, _, let due): due
        case .asked(let time): time + settings.answerTime
        }
    }

    /// What to do at the deadline.
    package enum OnDeadline: Equatable {
        /// Send Finalize: whoever lives answers it.
        case probe
        case abandon
        case none
    }

    /// `nextDeadline` is reached.
    package mutating func deadlinePassed(at now: BootTime) -> OnDeadline {
        guard let nextDeadline, nextDeadline <= now else { return .none }
        switch state {
        case .quiet: return .none
        case .counting:
            state = .asked(now)
            return .probe
        case .asked: return .abandon
        }
    }
}
