import Audio
import CALSA
import Glibc

/// One open PCM device, in one direction, used by one thread.
///
///     open ─▶ configure ─▶ (fill, playback) ─▶ start ─▶ wait ⇄ read / write ─▶ closed by its end of life
///                               ▲                            │ trouble
///                               └────────── recover ◀────────┘
///
/// The handle never blocks but in ``wait(milliseconds:)`` and ``drain()``. A device never starts by itself:
/// drivers disagree on when a first read or write starts one, so only ``start()`` does.
@safe
package struct PCM: ~Copyable {
    package let direction: PCMDirection
    /// The name the device was opened by.
    package let name: String
    /// What was agreed; nil before ``configure(_:)``.
    package internal(set) var setup: PCMSetup?

    let handle: OpaquePointer
    let status: OpaquePointer
    /// Allocated by ``configure(_:)``, so that no wait allocates. A device may have more than one descriptor.
    var descriptors: UnsafeMutableBufferPointer<pollfd>
    var bytesPerFrame = 1

    private init(direction: PCMDirection, name: String, handle: OpaquePointer, status: OpaquePointer) {
        self.direction = direction
        self.name = name
        unsafe self.handle = handle
        unsafe self.status = status
        unsafe descriptors = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    /// Opens the device called `name`, at once or not at all: a busy device is an error, not a wait.
    package static func open(_ name: String, _ direction: PCMDirection) throws(ALSAError) -> PCM {
        var handle: OpaquePointer?
        let stream = direction == .capture ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK
        try check("snd_pcm_open", device: name) {
            unsafe snd_pcm_open(&handle, name, stream, Int32(SND_PCM_NONBLOCK))
        }
        guard let opened = unsafe handle else {
            throw ALSAError(operation: "snd_pcm_open", code: -ENODEV, device: name)
        }
        var status: OpaquePointer?
        let code = unsafe snd_pcm_status_malloc(&status)
        guard code == 0, let status = unsafe status else {
            unsafe snd_pcm_close(opened)
            throw ALSAError(operation: "snd_pcm_status_malloc", code: code, device: name)
        }
        return unsafe PCM(direction: direction, name: name, handle: opened, status: status)
    }

    deinit {
        unsafe descriptors.deallocate()
        unsafe snd_pcm_status_free(status)
        unsafe snd_pcm_close(handle)
    }

    /// Where the device says it is. A removed card may go on saying `running`: trust outcomes first.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package borrowing func state() -> PCMState {
        let pcm = unsafe handle
        let state = unsafe _unsafePerformance { unsafe snd_pcm_state(pcm) }
        return switch state {
        case SND_PCM_STATE_SETUP: .setup
        case SND_PCM_STATE_PREPARED: .prepared
        case SND_PCM_STATE_RUNNING: .running
        case SND_PCM_STATE_XRUN: .xrun
        case SND_PCM_STATE_DRAINING: .draining
        case SND_PCM_STATE_PAUSED: .paused
        case SND_PCM_STATE_SUSPENDED: .suspended
        case SND_PCM_STATE_DISCONNECTED: .disconnected
        default: .open
        }
    }

    /// Plays what is queued to its end, then stops. Blocks for up to the buffer's length.
    package mutating func drain() throws(ALSAError) {
        let device = name
        try check("snd_pcm_nonblock", device: device) { unsafe snd_pcm_nonblock(handle, 0) }
        let code = unsafe snd_pcm_drain(handle)
        try check("snd_pcm_nonblock", device: device) { unsafe snd_pcm_nonblock(handle, 1) }
        guard code >= 0 else { throw ALSAError(operation: "snd_pcm_drain", code: code, device: device) }
    }
}
