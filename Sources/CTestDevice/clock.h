// The device's clock: how many frames its converters have made by a given host time.
//
// Device time runs straight between changes (drift, stall, resume) and is the same for every handle on the
// device. Frames are counted from the device's first start and go on through xruns, restarts and replugs,
// as a converter does; a stream's position is the count now less the count at its start. All integers, so
// that "frame n is complete" has one exact answer: no rounding, no lost wake-up.
#pragma once

#include "control.h"

struct clock_line {
    bool started, frozen;
    int64_t host, device, ppb;
};

#pragma GCC visibility push(hidden)

/// A consistent copy of the clock.
struct clock_line clock_read(earpost_device_control *control);
/// Device time zero is `host`, unless the clock already runs.
void clock_start(earpost_device_control *control, int64_t host);
/// Stops the clock, or lets it go on, at `host`: the present, or the recent past in which it should have been
/// noticed.
void clock_freeze(earpost_device_control *control, bool frozen, int64_t host);
void clock_drift(earpost_device_control *control, int64_t ppb, int64_t host);
void clock_reset(earpost_device_control *control);

/// Complete frames at `host`.
int64_t clock_frames(const struct clock_line *line, int64_t host, uint32_t rate);
/// The first host time at which `frames` frames are complete; INT64_MAX when a frozen clock never gets there.
int64_t clock_time_of(const struct clock_line *line, int64_t frames, uint32_t rate);

#pragma GCC visibility pop
