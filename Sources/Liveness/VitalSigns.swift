import Audio
import Timeline

/// What the agent feels of itself at one moment: progress as counters, conditions as they are. Read together,
/// about once a second, and handed to `VitalWatch`.
package struct VitalSigns: Hashable, Sendable {
    /// The state of a sound device, as the thread that holds it says.
    package enum DeviceState: Hashable, Sendable {
        /// Its thread has not begun, or has ended.
        case stopped
        /// There is no device to use: unplugged, busy, not there yet. Being waited for is all it needs.
        case waiting
        /// Frames are said to move.
        case running
        /// In trouble that may pass.
        case recovering
    }

    /// One sound device and the thread that holds it.
    package struct Device: Hashable, Sendable {
        package var state: DeviceState
        /// Frames moved so far, whatever became of them.
        package var frames: Int64
        /// Of the device; nil while none is open.
        package var rate: SampleRate?

        package init(state: DeviceState, frames: Int64, rate: SampleRate?) {
            self.state = state
            self.frames = frames
            self.rate = rate
        }
    }

    /// Where the link to the speech service stands.
    package enum Link: Hashable, Sendable {
        /// Nothing to connect for.
        case idle
        case open
        /// No connection, for reasons that pass: being offline is no illness.
        case offline
        /// Only a person can help: the key, the address, the account.
        case refused
    }

    /// How the disk writer fares.
    package enum Disk: Hashable, Sendable {
        case well
        /// Full, read-only, stalled or broken: audio is kept in memory meanwhile.
        case troubled
    }

    package var capture: Device
    /// Nil where there is no speaker.
    package var playback: Device?
    /// After the last frame the uplink has dealt with, silence and gaps included.
    package var uplink: StreamPosition
    /// Turns of the event loop's timer.
    package var linkTurns: Int64
    /// Turns of whatever carries out control requests.
    package var controlTurns: Int64
    package var link: Link
    package var disk: Disk

    package init(
        capture: Device, playback: Device? = nil, uplink: StreamPosition, linkTurns: Int64,
        controlTurns: Int64, link: Link = .idle, disk: Disk = .well
    ) {
        self.capture = capture
        self.playback = playback
        self.uplink = uplink
        self.linkTurns = linkTurns
        self.controlTurns = controlTurns
        self.link = link
        self.disk = disk
    }
}
