#include "sample.h"
#include "CTestDevice.h"

#include <math.h>
#include <string.h>

unsigned sample_bits(snd_pcm_format_t format)
{
    switch (format) {
    case SND_PCM_FORMAT_S16_LE:
        return 16;
    case SND_PCM_FORMAT_S24_3LE:
    case SND_PCM_FORMAT_S24_LE:
    case SND_PCM_FORMAT_FLOAT_LE:
        return 24;
    case SND_PCM_FORMAT_S32_LE:
        return 32;
    default:
        return 0;
    }
}

static int32_t float_to_sample(float value)
{
    double scaled = (double)value * 2147483648.0;
    if (scaled >= 2147483647.0)
        return INT32_MAX;
    if (scaled <= -2147483648.0)
        return INT32_MIN;
    return (int32_t)lrint(scaled);
}

// Little-endian hosts only, as the formats are; memcpy because a packed frame is not aligned.
void sample_put(void *to, snd_pcm_format_t format, int32_t value)
{
    switch (format) {
    case SND_PCM_FORMAT_S16_LE: {
        int16_t narrow = (int16_t)(value >> 16);
        memcpy(to, &narrow, 2);
        break;
    }
    case SND_PCM_FORMAT_S24_3LE: {
        int32_t low = value >> 8;
        memcpy(to, &low, 3);
        break;
    }
    case SND_PCM_FORMAT_S24_LE: {
        int32_t low = value >> 8;
        memcpy(to, &low, 4);
        break;
    }
    case SND_PCM_FORMAT_S32_LE:
        memcpy(to, &value, 4);
        break;
    case SND_PCM_FORMAT_FLOAT_LE: {
        float scaled = (float)(value >> 8) / 8388608.0f;
        memcpy(to, &scaled, 4);
        break;
    }
    default:
        break;
    }
}

int32_t sample_get(const void *from, snd_pcm_format_t format)
{
    switch (format) {
    case SND_PCM_FORMAT_S16_LE: {
        int16_t narrow;
        memcpy(&narrow, from, 2);
        return (int32_t)narrow * 65536;
    }
    case SND_PCM_FORMAT_S24_3LE:
    case SND_PCM_FORMAT_S24_LE: {
        uint32_t low = 0;
        memcpy(&low, from, 3);
        return (int32_t)(low << 8);
    }
    case SND_PCM_FORMAT_S32_LE: {
        int32_t wide;
        memcpy(&wide, from, 4);
        return wide;
    }
    case SND_PCM_FORMAT_FLOAT_LE: {
        float scaled;
        memcpy(&scaled, from, 4);
        return float_to_sample(scaled);
    }
    default:
        return 0;
    }
}

int32_t earpost_device_ramp(int64_t frame, uint32_t channel, uint32_t bits)
{
    uint64_t count = (uint64_t)frame + ((uint64_t)channel << (bits - 4));
    uint32_t top = (uint32_t)(count << (32 - bits));
    return (int32_t)top >> (32 - bits);
}
