/// The numbers of `VitalWatch`, each with its reason.
package struct LivenessLimits: Hashable, Sendable {
    /// Without progress for so long an organ is ill. Longer than what the stages themselves need to notice
    /// and mend a hung device (1 s), or one that wakes with the machine (7 s).
    package var patience = Duration.seconds(8)
    /// The same for timers and requests: they may be late on a busy board, and only a restart helps.
    package var loopPatience = Duration.seconds(10)
    /// What a stage of recovery gets before the next one: opening a device takes a second or two, a USB
    /// device that enumerates again, or a stage built anew, some more.
    package var mildStageTime = Duration.seconds(5)
    package var harshStageTime = Duration.seconds(10)
    /// Progress for so long, and an illness is over: the next one is treated mildly again.
    package var healthyTime = Duration.seconds(30)
    /// No device for so long is an absence, no part of an illness.
    package var absenceTime = Duration.seconds(10)
    /// What playback's last stage waits before it is tried again: a mute speaker is no reason to stop
    /// hearing.
    package var retryTime = Duration.seconds(60)
    /// Most time one examination may count: the machine slept, or the examiner was not let run, and then
    /// nobody else was either.
    package var stepMax = Duration.seconds(2)

    package init() {}
}
