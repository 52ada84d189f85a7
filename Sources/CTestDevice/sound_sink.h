// What the device plays: frames wait in a ring as in a card's buffer, and reach the file when the hardware
// pointer passes them.
#pragma once

#include "wave_file.h"

#include <alsa/pcm_external.h>
#include <stdbool.h>

struct sound_sink {
    int fd;
    bool is_wave;
    /// The stream's format, and the file's (24 bits in 32 are packed in a WAV file).
    snd_pcm_format_t stream_format;
    struct wave_format wave;
    uint8_t *ring;
    snd_pcm_uframes_t ring_frames;
    size_t frame_bytes;
};

#pragma GCC visibility push(hidden)

/// Prepares for `path`; NULL: nothing is kept. Returns 0 or a negative errno.
int sound_sink_open(struct sound_sink *sink, const char *path);
void sound_sink_close(struct sound_sink *sink);

/// Fixes the format. A file of the same format is continued, any other begins anew.
int sound_sink_configure(struct sound_sink *sink, const snd_pcm_ioplug_t *io);

/// Keeps `frames` frames from `areas`, to be played at stream position `position`.
void sound_sink_store(struct sound_sink *sink, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
                      int64_t position, snd_pcm_uframes_t frames);
/// Channel 0 of the frame stored for `position`, with its value at the top of 32 bits.
int32_t sound_sink_stored(const struct sound_sink *sink, int64_t position);
/// The hardware pointer went from `from` to `to`; the client had written up to `written`, beyond is silence.
void sound_sink_play(struct sound_sink *sink, int64_t from, int64_t to, int64_t written);

#pragma GCC visibility pop
