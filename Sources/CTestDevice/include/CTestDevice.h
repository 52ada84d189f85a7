// The control side of the test device: what a test, a demo or a tool does to a device while another
// thread or process has it open as an ALSA PCM.
//
// A device is one small file, mapped by every PCM handle on it and by everyone who disturbs it. The PCM
// side is the ALSA plug-in of the same target ("type earpost"). docs/TEST-DEVICE.md tells both.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The same functions live in the plug-in and in the program that loads it; neither may see the other's.
#define EARPOST_DEVICE_API __attribute__((visibility("hidden")))

/// One mapped control file.
typedef struct earpost_device_control earpost_device_control;

/// Which streams of the device a fault is for.
enum {
    EARPOST_CAPTURE = 1,
    EARPOST_PLAYBACK = 2,
};

/// Faults that happen once, at the next look at the hardware pointer.
enum earpost_fault {
    EARPOST_FAULT_NONE = 0,
    /// The stream stops in state XRUN; calls return -EPIPE until it is prepared.
    EARPOST_FAULT_XRUN = 1,
    /// The stream stops in state SUSPENDED; calls return -ESTRPIPE until it is resumed.
    EARPOST_FAULT_SUSPEND = 2,
    /// One transfer returns -EIO; the stream goes on.
    EARPOST_FAULT_IO_ERROR = 3,
    /// Every call on the handle returns -EBADFD until it is closed, as when a card goes while a read is
    /// blocked in the kernel.
    EARPOST_FAULT_BAD_STATE = 4,
};

/// What one direction of a device has done since the last reset.
typedef struct earpost_device_counters {
    uint32_t opens, open_refusals, closes, prepares, starts, xruns;
    /// Frames the hardware pointer has passed.
    uint64_t frames_passed;
    /// Frames handed to the client (capture) or taken from it (playback). In mmap mode a commit of captured
    /// frames is counted at the next call on the handle.
    uint64_t frames_transferred;
} earpost_device_counters;

/// Maps the control file at `path`, made if it is not there. NULL with errno set when that fails.
EARPOST_DEVICE_API earpost_device_control *earpost_device_open(const char *path);
EARPOST_DEVICE_API void earpost_device_close(earpost_device_control *device);

/// Back to a plugged-in device without faults, drift or history. Open handles stay as they are, so reset
/// between tests, not while one runs. `manual_clock`: time stands at one second until it is advanced.
EARPOST_DEVICE_API void earpost_device_reset(earpost_device_control *device, bool manual_clock);

/// Takes the device away: open handles are dead for good, opening fails with -ENODEV.
EARPOST_DEVICE_API void earpost_device_unplug(earpost_device_control *device);
/// The device can be opened again. Handles from before stay dead.
EARPOST_DEVICE_API void earpost_device_replug(earpost_device_control *device);
/// Opening fails with `-error_number` (a positive errno) until it is set to zero.
EARPOST_DEVICE_API void earpost_device_refuse_open(earpost_device_control *device, int32_t error_number);

/// Makes `fault` happen once to the running streams named in `directions`.
EARPOST_DEVICE_API void earpost_device_inject(earpost_device_control *device, enum earpost_fault fault,
                                              uint32_t directions);

/// The device's clock stops: nothing is captured or played, a blocking call returns -EIO after the kernel's
/// time limit, poll never fires.
EARPOST_DEVICE_API void earpost_device_stall(earpost_device_control *device);
/// The same without the time limit: a call that blocks, blocks until `earpost_device_resume`.
EARPOST_DEVICE_API void earpost_device_hang(earpost_device_control *device);
/// Ends a stall or a hang: the clock goes on from where it stood.
EARPOST_DEVICE_API void earpost_device_resume(earpost_device_control *device);
/// Sets the clock's error in parts per billion, from now on. Positive: the device is fast.
EARPOST_DEVICE_API void earpost_device_drift(earpost_device_control *device, int64_t parts_per_billion);

/// Time from the start of a stream to its first frame.
EARPOST_DEVICE_API void earpost_device_set_start_delay(earpost_device_control *device, uint32_t microseconds);
/// Wake-ups come late by up to this much, drawn from a fixed sequence.
EARPOST_DEVICE_API void earpost_device_set_jitter(earpost_device_control *device, uint32_t microseconds);
/// The hardware pointer moves in steps of this many frames. 0 and 1: frame by frame.
EARPOST_DEVICE_API void earpost_device_set_granularity(earpost_device_control *device, uint32_t frames);

/// The time the device lives in, in nanoseconds: its manual clock, else CLOCK_MONOTONIC.
EARPOST_DEVICE_API int64_t earpost_device_now(earpost_device_control *device);
/// Moves a manual clock on. Whoever waits for a frame that is now complete is woken.
EARPOST_DEVICE_API void earpost_device_advance(earpost_device_control *device, int64_t nanoseconds);

EARPOST_DEVICE_API earpost_device_counters earpost_device_read_counters(earpost_device_control *device,
                                                                        uint32_t direction);

/// What `source "ramp"` delivers: a count that goes up by one each frame and is offset by a sixteenth of
/// its range per channel, as a signed integer of `bits` bits (16, 24 or 32; float carries 24 bits).
EARPOST_DEVICE_API int32_t earpost_device_ramp(int64_t frame, uint32_t channel, uint32_t bits);

/// The path of the program or library this code was linked into, for finding the plug-in beside it; NULL
/// when the loader does not know. Good for the life of the process.
EARPOST_DEVICE_API const char *earpost_device_image_path(void);

#ifdef __cplusplus
}
#endif
