// The air between a speaker and a microphone: a file of mono samples that a playback device writes and a
// capture device hears, later and softer. Sample-exact while both clocks agree; a microphone that drifts
// hears between the samples.
#pragma once

#include "clock.h"

struct air;

#pragma GCC visibility push(hidden)

/// Maps the air at `path`, made if it is not there. NULL with errno set when that fails.
struct air *air_open(const char *path);
void air_close(struct air *air);

/// Agrees on the rate, and on the host time at which the air's frame 0 begins. -EINVAL: the other end has
/// another rate.
int air_join(struct air *air, unsigned rate, int64_t host);
/// The air's frame at host time `host`, to the nearest.
int64_t air_frame_at(const struct air *air, int64_t host);

void air_put(struct air *air, int64_t frame, int32_t sample);
/// Silence where nothing was put, or what was put is long past.
int32_t air_get(const struct air *air, int64_t frame);
/// Between the samples: `frame` has a fraction.
int32_t air_get_between(const struct air *air, double frame);

#pragma GCC visibility pop
