#define _GNU_SOURCE
#include "device.h"
#include "sample.h"

#include <math.h>

static int32_t saturate(double value)
{
    return value >= INT32_MAX ? INT32_MAX : value <= INT32_MIN ? INT32_MIN : (int32_t)lrint(value);
}

/// Goes on along a new straight line when the clock's drift has changed since the last transfer.
static void follow_drift(struct device *device, int64_t position)
{
    struct clock_line line = clock_read(device->control);
    const struct clock_line *before = &device->air_line;
    if (line.host == before->host && line.ppb == before->ppb)
        return;
    device->air_frame += (double)(position - device->air_position) / (1.0 + (double)before->ppb * 1e-9);
    device->air_position = position;
    device->air_line = line;
}

/// What comes through the air at stream position `position`. Exact while the clock does not drift.
static double heard(const struct device *device, int64_t position)
{
    int64_t rate = device->io.rate, delay = (device->air_delay_us * rate + 500000) / 1000000;
    int64_t since = position - device->air_position;
    if (device->air_line.ppb == 0 && device->air_frame == floor(device->air_frame))
        return device->air_gain * air_get(device->air, (int64_t)device->air_frame + since - delay);
    double frame = device->air_frame + (double)since / (1.0 + (double)device->air_line.ppb * 1e-9);
    return device->air_gain * air_get_between(device->air, frame - (double)delay);
}

void transfer_capture(struct device *device, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
                      snd_pcm_uframes_t frames)
{
    snd_pcm_format_t format = device->io.format;
    unsigned bits = sample_bits(format);
    int64_t position = (int64_t)device->io.appl_ptr;
    if (device->air != NULL)
        follow_drift(device, position);
    for (snd_pcm_uframes_t i = 0; i < frames; i++, position++) {
        double echo = device->air != NULL ? heard(device, position) : 0;
        for (unsigned channel = 0; channel < device->io.channels; channel++) {
            int64_t frame = device->source_origin + position;
            int32_t value = sound_source_sample(&device->source, frame, channel, bits);
            if (echo != 0)
                value = saturate(value + echo);
            sample_put(sample_address(areas, channel, offset + i), format, value);
        }
    }
    device->source_next = device->source_origin + position;
}

void transfer_playback(struct device *device, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
                       snd_pcm_uframes_t frames)
{
    int64_t position = (int64_t)device->io.appl_ptr;
    sound_sink_store(&device->sink, areas, offset, position, frames);
    if (device->air == NULL || !device->running)
        return;
    // Ahead of time, so that a microphone hears it at its time however late this client comes again.
    for (snd_pcm_uframes_t i = 0; i < frames; i++) {
        int32_t value = sample_get(sample_address(areas, 0, offset + i), device->io.format);
        air_put(device->air, (int64_t)device->air_frame + position + (int64_t)i, value);
    }
}

void transfer_prefilled(struct device *device)
{
    if (device->air == NULL || device->direction != DIRECTION_PLAYBACK)
        return;
    for (int64_t i = 0; i < (int64_t)device->io.appl_ptr; i++)
        air_put(device->air, (int64_t)device->air_frame + i, sound_sink_stored(&device->sink, i));
}

void transfer_forget_unplayed(struct device *device)
{
    if (device->air == NULL || device->direction != DIRECTION_PLAYBACK)
        return;
    for (int64_t i = device->position; i < (int64_t)device->io.appl_ptr; i++)
        air_put(device->air, (int64_t)device->air_frame + i, 0);
}
