// The layout of a control file, shared by every handle on the device and by everyone who disturbs it.
#pragma once

#include "CTestDevice.h"

#include <stdatomic.h>

#define CONTROL_MAGIC 0x45504456u
#define CONTROL_VERSION 1u
#define CONTROL_BYTES 4096u

enum direction { DIRECTION_CAPTURE = 0, DIRECTION_PLAYBACK = 1 };

struct direction_counters {
    _Atomic uint32_t opens, open_refusals, closes, prepares, starts, xruns;
    _Atomic uint64_t frames_passed, frames_transferred;
    /// How many steps of the script have happened. Here, not in the handle: a device that was reopened
    /// after "unplug@8000" must not be unplugged again at its next frame 8000.
    _Atomic uint32_t script_steps;
};

struct earpost_device_control {
    _Atomic uint32_t magic, version;
    /// Goes up with every change; watchers sleep on it (futex).
    _Atomic uint32_t change;
    /// Goes up with every change but the passing of manual time: something to look at.
    _Atomic uint32_t fault_change;

    _Atomic uint32_t present, plug_generation;
    /// Host time at which an unplugged device is back by itself; 0: never.
    _Atomic int64_t replug_time;
    _Atomic int32_t open_error;

    /// The manual clock; 0: the device lives in CLOCK_MONOTONIC.
    _Atomic int64_t manual_time;

    // The device clock (clock.c): device time is a straight line through (host, device) since the last
    // change. Written under the sequence lock, odd while being written.
    _Atomic uint32_t clock_sequence;
    _Atomic uint32_t clock_started, clock_frozen;
    _Atomic int64_t clock_host, clock_device, clock_ppb;
    /// With clock_frozen: blocking calls have no time limit.
    _Atomic uint32_t hanging;

    _Atomic uint32_t fault_count, fault_kind, fault_directions;
    _Atomic uint32_t start_delay_us, jitter_us, granularity;

    struct direction_counters directions[2];
};

#pragma GCC visibility push(hidden)

/// Wakes everyone who sleeps on the device. `fault`: there is more to see than the time.
void control_announce(earpost_device_control *control, bool fault);
/// Sleeps until `change` is no longer `seen`.
void control_wait(earpost_device_control *control, uint32_t seen);
/// Unplugs; with `back_after_ns` > 0 the device is there again that much later.
void control_unplug(earpost_device_control *control, int64_t back_after_ns);
/// Whether the device can be opened now, with a timed replug taken into account.
bool control_is_present(earpost_device_control *control);
/// Puts a device that still lives in real time on a manual clock.
void control_use_manual_clock(earpost_device_control *control);

#pragma GCC visibility pop
