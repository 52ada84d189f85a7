import CTestDevice
import Glibc

/// The hand on one test device: unplugs it, disturbs it, moves its clock, reads its counters.
///
/// Any thread and any process may hold one for the same device. What it does is seen by every open handle at
/// once: whoever polls is woken.
package final class DeviceControl: Sendable {
    /// The device's control file.
    package let path: String

    /// The mapping, as a number: a pointer is not `Sendable`, but what it points to is C atomics only.
    private let address: UInt

    /// Maps the control file at `path`, made if it is not there.
    package init(path: String) throws(DeviceError) {
        guard let control = unsafe earpost_device_open(path) else {
            throw .file(path: path, errno: errno)
        }
        self.path = path
        address = UInt(bitPattern: control)
    }

    deinit {
        unsafe earpost_device_close(control)
    }

    private var control: OpaquePointer? {
        unsafe OpaquePointer(bitPattern: address)
    }
}

extension DeviceControl {
    /// Which of the device's streams a fault is for.
    package struct Directions: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        package static let capture = Directions(rawValue: UInt32(EARPOST_CAPTURE))
        package static let playback = Directions(rawValue: UInt32(EARPOST_PLAYBACK))
        package static let both: Directions = [.capture, .playback]
    }

    /// What one direction has done since the last reset. `framesPassed` counts the hardware pointer,
    /// `framesTransferred` what the client has read or written.
    package struct Counters: Sendable, Equatable {
        package var opens = 0
        package var openRefusals = 0
        package var closes = 0
        package var prepares = 0
        package var starts = 0
        package var xruns = 0
        package var framesPassed = 0
        package var framesTransferred = 0

        /// All zero.
        package init() {}
    }

    /// Back to a plugged-in device without faults, drift or history. For between tests: handles that are open
    /// stay as they are. With `manualClock`, time stands at one second until it is advanced.
    package func reset(manualClock: Bool = false) {
        unsafe earpost_device_reset(control, manualClock)
    }

    // MARK: plug

    /// Takes the device away. Open handles are dead for good (-ENODEV); opening fails with -ENODEV.
    package func unplug() {
        unsafe earpost_device_unplug(control)
    }

    /// The device can be opened again; handles from before stay dead.
    package func replug() {
        unsafe earpost_device_replug(control)
    }

    /// Opening fails with this error (a positive errno such as `EBUSY`) until it is `nil` again.
    package func refuseOpening(_ error: Int32?) {
        unsafe earpost_device_refuse_open(control, error ?? 0)
    }

    // MARK: faults

    /// The stream stops in XRUN: -EPIPE until it is prepared.
    package func injectXrun(_ directions: Directions = .both) {
        unsafe earpost_device_inject(control, EARPOST_FAULT_XRUN, directions.rawValue)
    }

    /// The stream stops in SUSPENDED: -ESTRPIPE until it is resumed.
    package func suspend(_ directions: Directions = .both) {
        unsafe earpost_device_inject(control, EARPOST_FAULT_SUSPEND, directions.rawValue)
    }

    /// One transfer fails with -EIO.
    package func injectIOError(_ directions: Directions = .both) {
        unsafe earpost_device_inject(control, EARPOST_FAULT_IO_ERROR, directions.rawValue)
    }

    /// Every call on the open handle fails with -EBADFD until it is closed.
    package func breakHandle(_ directions: Directions = .both) {
        unsafe earpost_device_inject(control, EARPOST_FAULT_BAD_STATE, directions.rawValue)
    }

    // MARK: clock

    /// The clock stands still: poll never fires, a blocking call fails with -EIO after the kernel's limit.
    package func stall() {
        unsafe earpost_device_stall(control)
    }

    /// The clock stands still and a blocking call never returns.
    package func hang() {
        unsafe earpost_device_hang(control)
    }

    /// Ends a stall or a hang. The stream goes on where it stood.
    package func resume() {
        unsafe earpost_device_resume(control)
    }

    /// The clock's error from now on, in parts per million. Positive: the device is fast.
    package func drift(ppm: Double) {
        unsafe earpost_device_drift(control, Int64((ppm * 1_000).rounded()))
    }

    /// The device's present, in nanoseconds: of its manual clock, else of CLOCK_MONOTONIC.
    package var now: Int64 {
        unsafe earpost_device_now(control)
    }

    /// Moves a manual clock on and wakes whoever waits for a frame that is now complete. Nothing on a device
    /// in real time.
    package func advance(nanoseconds: Int64) {
        unsafe earpost_device_advance(control, nanoseconds)
    }

    /// `advance`, in milliseconds.
    package func advance(milliseconds: Int) {
        advance(nanoseconds: Int64(milliseconds) * 1_000_000)
    }

    /// Time from a stream's start to its first frame.
    package func setStartDelay(microseconds: Int) {
        unsafe earpost_device_set_start_delay(control, UInt32(microseconds))
    }

    /// Wake-ups come late by up to this much.
    package func setJitter(microseconds: Int) {
        unsafe earpost_device_set_jitter(control, UInt32(microseconds))
    }

    /// The hardware pointer moves in steps of this many frames.
    package func setGranularity(frames: Int) {
        unsafe earpost_device_set_granularity(control, UInt32(frames))
    }

    // MARK: counters

    /// The counters of one direction, each read by itself.
    package func counters(_ direction: Directions) -> Counters {
        let raw = unsafe earpost_device_read_counters(control, direction.rawValue)
        var counters = Counters()
        counters.opens = Int(raw.opens)
        counters.openRefusals = Int(raw.open_refusals)
        counters.closes = Int(raw.closes)
        counters.prepares = Int(raw.prepares)
        counters.starts = Int(raw.starts)
        counters.xruns = Int(raw.xruns)
        counters.framesPassed = Int(raw.frames_passed)
        counters.framesTransferred = Int(raw.frames_transferred)
        return counters
    }
}
