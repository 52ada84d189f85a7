// What the device hears: silence, a ramp to count frames by, or a file.
#pragma once

#include "options.h"
#include "wave_file.h"

struct sound_source {
    enum { SOURCE_SILENCE, SOURCE_RAMP, SOURCE_FILE } kind;
    /// After the last frame of the file comes the first again, else silence.
    bool repeats;
    void *map;
    size_t map_bytes;
    const uint8_t *samples;
    struct wave_format wave;
    /// Whether the file named its rate; raw samples are at the device's.
    bool rate_is_given;
    int64_t frames;
};

#pragma GCC visibility push(hidden)

/// Opens what `options` name. Returns 0 or a negative errno.
int sound_source_open(struct sound_source *source, const struct device_options *options);
void sound_source_close(struct sound_source *source);

/// The sample at `frame` of the device's time for `channel`, for a stream of `bits` significant bits, with
/// its value at the top of 32 bits. A mono file is heard by every channel; a channel the file has not is
/// silent.
int32_t sound_source_sample(const struct sound_source *source, int64_t frame, unsigned channel,
                            unsigned bits);

#pragma GCC visibility pop
