import ALSA

/// Decides what trouble with a sound device calls for.
///
///                  opened                 xrun, suspended
///     [closed] ───────────────▶ [open] ──────────────────▶ [recovering]
///        ▲                        │  ▲                        │
///        └── gone, hung, barren ──┘  └── started / running ───┘
///
/// Pure: no clock, no device. The pauses it asks for are the caller's to keep.
package struct RecoveryPolicy {
    private var failedOpens = 0
    private var xrunsWithoutProgress = 0
    private var resumeLooks = 0

    package init() {}

    /// What to do about trouble.
    package enum OnTrouble: Equatable, Sendable {
        /// Recover the handle, then ask ``recovered(_:)``.
        case recover
        /// Close the handle, wait ``openPause()``, open again.
        case reopen
    }

    /// What to do after an attempt to recover.
    package enum OnRecovered: Equatable, Sendable {
        /// Fill (playback) and start.
        case start
        /// It runs: go on.
        case proceed
        /// Recover again after this pause.
        case recoverAgain(afterMilliseconds: Int32)
        /// Close the handle, wait ``openPause()``, open again.
        case reopen
    }

    /// Frames were moved: whatever was wrong is over.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package mutating func framesMoved() {
        failedOpens = 0
        xrunsWithoutProgress = 0
        resumeLooks = 0
    }

    package mutating func troubled(_ trouble: PCMTrouble) -> OnTrouble {
        switch trouble {
        case .xrun:
            xrunsWithoutProgress += 1
            return xrunsWithoutProgress >= RecoveryLimits.barrenXruns ? .reopen : .recover
        case .suspended:
            return .recover
        case .gone:
            return .reopen
        }
    }

    package mutating func recovered(_ outcome: RecoverOutcome) -> OnRecovered {
        switch outcome {
        case .prepared:
            return .start
        case .running:
            return .proceed
        case .notYet:
            resumeLooks += 1
            return resumeLooks >= RecoveryLimits.resumeLooks
                ? .reopen : .recoverAgain(afterMilliseconds: RecoveryLimits.resumePauseMilliseconds)
        case .failed:
            return .reopen
        }
    }

    /// A handle was given up, or could not be had: how long to wait before opening, in milliseconds. Grows
    /// until frames move again, so a device that opens but never works is not opened in a storm.
    ///
    ///     1 → 250     2 → 500     3 and more → 800
    package mutating func openPause() -> Int32 {
        let pauses = RecoveryLimits.openPausesMilliseconds
        defer { failedOpens += 1 }
        return pauses[min(failedOpens, pauses.count - 1)]
    }

    /// A new handle is open.
    package mutating func opened() {
        xrunsWithoutProgress = 0
        resumeLooks = 0
    }
}
