/// The course of one organ's illness: how long it has stood still, what has been tried, whether that helped.
///
///     well ── no progress for `patience` ──▶ stage 1 ── its time ──▶ stage 2 ── … ──▶ last stage
///       ▲                                      │ progress              │
///       └── progress for `healthyTime` ────────┴───────────────────────┘
///
/// A relapse before that goes on with the next stage, not with the first one.
struct Course: Hashable, Sendable {
    /// What became of an organ since the last examination.
    enum Sign {
        case progress
        /// It should have progressed, and did not.
        case still
        /// It cannot progress, and need not.
        case absent
    }

    private let organ: Organ
    private let stages: [RecoveryStage]
    private let patience: Duration
    private let limits: LivenessLimits
    /// Stages ordered.
    private var ordered = 0
    /// Without progress, since the last order or since the last progress.
    private var still = Duration.zero
    private var absent = Duration.zero
    /// With progress, since it last stood still.
    private var well = Duration.zero
    private var hasMovedSinceOrder = false

    init(_ organ: Organ, stages: [RecoveryStage], patience: Duration, limits: LivenessLimits) {
        self.organ = organ
        self.stages = stages
        self.patience = patience
        self.limits = limits
    }

    /// What is to be said of it now.
    var finding: Finding? {
        guard ordered > 0, !hasMovedSinceOrder || wantsRestart else { return nil }
        return Finding(organ: organ, stage: stages[min(ordered, stages.count) - 1])
    }

    /// Whether a restart was ordered. There is no way back from that: half a cure would leave it to chance.
    var wantsRestart: Bool { ordered >= stages.count && stages.last == .restartProcess }

    /// `elapsed` went by with `sign`; the stage to be ordered, if one is.
    mutating func advance(_ sign: Sign, by elapsed: Duration) -> RecoveryStage? {
        switch sign {
        case .progress:
            still = .zero
            absent = .zero
            guard ordered > 0 else { return nil }
            hasMovedSinceOrder = true
            well += elapsed
            if well >= limits.healthyTime, !wantsRestart { ordered = 0 }
            return nil
        case .absent:
            absent += elapsed
            if absent >= limits.absenceTime, !wantsRestart {
                still = .zero
                ordered = 0
            }
            return nil
        case .still:
            absent = .zero
            well = .zero
            still += elapsed
            return still >= time ? order() : nil
        }
    }

    /// How long it may stand still before the next order.
    private var time: Duration {
        if ordered == 0 || hasMovedSinceOrder { return patience }
        if ordered >= stages.count { return limits.retryTime }
        return stages[ordered - 1] < .rebuildStage ? limits.mildStageTime : limits.harshStageTime
    }

    private mutating func order() -> RecoveryStage? {
        guard !wantsRestart else { return nil }
        ordered = min(ordered + 1, stages.count)
        still = .zero
        hasMovedSinceOrder = false
        return stages[ordered - 1]
    }
}
