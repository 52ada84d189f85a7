// RIFF/WAVE headers: read for what the device hears, written for what it plays.
#pragma once

#include <alsa/asoundlib.h>
#include <stddef.h>
#include <stdint.h>

struct wave_format {
    snd_pcm_format_t format;
    unsigned channels, rate;
    /// Where the samples are in the file.
    size_t data_offset, data_bytes;
};

#define WAVE_HEADER_BYTES 44u

#pragma GCC visibility push(hidden)

/// Whether `bytes` begins as a WAV file does.
int wave_is(const uint8_t *bytes, size_t count);
/// Reads the header. 0, or -EINVAL for what the device cannot play. A data chunk that says more than there
/// is (a file still being written) counts for what is there.
int wave_parse(const uint8_t *bytes, size_t count, struct wave_format *wave);
/// Writes the header of a file with `wave->data_bytes` of samples.
void wave_header(uint8_t header[WAVE_HEADER_BYTES], const struct wave_format *wave);

#pragma GCC visibility pop
