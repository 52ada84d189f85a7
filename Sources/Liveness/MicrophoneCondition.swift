/// What a microphone's sound tells of its health.
package enum MicrophoneCondition: String, Hashable, Sendable, CaseIterable {
    /// Not enough was heard yet.
    case unknown
    case well
    /// The device delivers nothing.
    case noFrames
    /// Every sample is exactly zero.
    case digitalZero
    /// Less than any room: nothing but the last step or two of the converter.
    case muteFloor
    /// Much is cut off at full scale.
    case clipping
    /// All sound rides on a constant.
    case offset
    /// The mains are louder than everything else.
    case hum

    /// The word for `status`.
    package var name: String {
        switch self {
        case .unknown: "unknown"
        case .well: "well"
        case .noFrames: "no_frames"
        case .digitalZero: "digital_zero"
        case .muteFloor: "mute_floor"
        case .clipping: "clipping"
        case .offset: "offset"
        case .hum: "hum"
        }
    }

    /// One clause for `status`: what it sounds like.
    package var sentence: String {
        switch self {
        case .unknown: "not heard enough of the microphone yet"
        case .well: "the microphone sounds alive"
        case .noFrames: "no frames come from the microphone"
        case .digitalZero: "the microphone delivers nothing but zeros"
        case .muteFloor: "the microphone delivers less than the quietest room would"
        case .clipping: "the microphone is overdriven: loud sound is cut off"
        case .offset: "the microphone's signal is off its middle by a constant voltage"
        case .hum: "the hum of the mains is louder than everything else"
        }
    }

    /// One clause for `status`: what to do; nil where nothing is to be done.
    package var remedy: String? {
        switch self {
        case .unknown, .well: nil
        case .noFrames: "check that it is plugged in and that no other program holds it: `earpost devices`"
        case .digitalZero:
            "unmute it: its own switch, the capture switch in `alsamixer`, or the wrong channel in "
                + "`capture.channels`"
        case .muteFloor:
            "is a microphone plugged into the jack, and the right input selected? raise the capture level "
                + "in `alsamixer`"
        case .clipping: "lower the capture level or the boost in `alsamixer`, or move the microphone away"
        case .offset:
            "the input or its supply is faulty, or it is a line input without a microphone: try another"
        case .hum: "look at cable, plug and power supply; a ground loop hums, so does an open input"
        }
    }
}
