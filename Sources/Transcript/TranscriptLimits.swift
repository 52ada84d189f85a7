import Audio

/// Every bound of this module, with its reason.
package enum TranscriptLimits {
    /// A change of wall time minus boot time from this on is a step and gets a `clock` line; below, it is
    /// the slewing of a time daemon (at most 500 ppm, so 5 ms between two samples 10 s apart) and is
    /// followed quietly.
    package static let clockStep = Duration.milliseconds(500)

    /// An anchor of the session clock that lies this far off the last one's prediction is kept at once:
    /// scheduling jitter stays below it, a suspend or an unplugged device does not.
    package static let anchorJump = Duration.milliseconds(100)

    /// Smaller deviations (the drift of two crystals, some 50 ppm) are followed once in this time:
    /// 10 s at 50 ppm is 0.5 ms.
    package static let anchorInterval = Duration.seconds(10)

    /// Anchors kept at most (64 KiB). Beyond it, every second one goes: after 11 hours without any
    /// confirmation the spacing is 20 s, after 22 hours 40 s.
    package static let anchorsMax = 4_096

    /// Adjoining gaps of one cause become one line; longer ones are written in pieces of at least this
    /// length, so that a crash during a long absence leaves a record of it.
    package static let heldGap = Duration.seconds(60)

    /// Channels one timeline may have; the same as a capture device's.
    package static let channels = PCMFormat.supportedChannels
}
