// Samples in every format the device offers. Inside, a sample is 32 bits with its value at the top, so that
// 16, 24 and 32 bits pass through unchanged.
#pragma once

#include <alsa/asoundlib.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/// Significant bits of `format`; float counts as the 24 bits it holds exactly. 0: not offered.
unsigned sample_bits(snd_pcm_format_t format);
void sample_put(void *to, snd_pcm_format_t format, int32_t value);
int32_t sample_get(const void *from, snd_pcm_format_t format);

/// The address of channel `channel` of frame `frame` of an area.
static inline void *sample_address(const snd_pcm_channel_area_t *areas, unsigned channel,
                                   snd_pcm_uframes_t frame)
{
    const snd_pcm_channel_area_t *area = &areas[channel];
    return (char *)area->addr + (area->first + frame * area->step) / 8;
}

#pragma GCC visibility pop
