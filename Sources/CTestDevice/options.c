#include "options.h"
#include "sample.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct device_options defaults = {
    .exclusive = true,
    .loop_gain = 1.0,
    .rates = { 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000, 176400,
               192000 },
    .rate_count = 14,
    .channels = { 1, 2, 3, 4, 5, 6, 7, 8 },
    .channel_count = 8,
    .formats = { SND_PCM_FORMAT_S16_LE, SND_PCM_FORMAT_S24_3LE, SND_PCM_FORMAT_S24_LE, SND_PCM_FORMAT_S32_LE,
                 SND_PCM_FORMAT_FLOAT_LE },
    .format_count = 5,
    .period_min = 16,
    .period_max = 16384,
    .buffer_min = 32,
    .buffer_max = 131072,
};

static const struct {
    const char *name;
    size_t offset;
} strings[] = {
    { "ctl", offsetof(struct device_options, ctl) },
    { "clock", offsetof(struct device_options, clock) },
    { "source", offsetof(struct device_options, source) },
    { "infile", offsetof(struct device_options, infile) },
    { "inmode", offsetof(struct device_options, inmode) },
    { "outfile", offsetof(struct device_options, outfile) },
    { "loop", offsetof(struct device_options, loop) },
    { "script", offsetof(struct device_options, script) },
    { "log", offsetof(struct device_options, log) },
    { "irq", offsetof(struct device_options, irq) },
}, integers[] = {
    { "loop_delay_us", offsetof(struct device_options, loop_delay_us) },
    { "period_min", offsetof(struct device_options, period_min) },
    { "period_max", offsetof(struct device_options, period_max) },
    { "buffer_min", offsetof(struct device_options, buffer_min) },
    { "buffer_max", offsetof(struct device_options, buffer_max) },
}, flags[] = {
    { "loopin", offsetof(struct device_options, loopin) },
    { "exclusive", offsetof(struct device_options, exclusive) },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/// Reads one number or one format name.
static int read_item(snd_config_t *node, bool formats, unsigned *item)
{
    long number;
    const char *name;
    if (!formats) {
        if (snd_config_get_integer(node, &number) < 0 || number <= 0)
            return -EINVAL;
        *item = (unsigned)number;
        return 0;
    }
    if (snd_config_get_string(node, &name) < 0)
        return -EINVAL;
    snd_pcm_format_t format = snd_pcm_format_value(name);
    *item = (unsigned)format;
    return sample_bits(format) == 0 ? -EINVAL : 0;
}

/// Reads `[a b c]` or a single item.
static int read_list(snd_config_t *node, bool formats, unsigned *items, unsigned max, unsigned *count)
{
    if (snd_config_get_type(node) != SND_CONFIG_TYPE_COMPOUND) {
        *count = 1;
        return read_item(node, formats, items);
    }
    *count = 0;
    snd_config_iterator_t i, next;
    snd_config_for_each(i, next, node) {
        if (*count == max || read_item(snd_config_iterator_entry(i), formats, &items[*count]) < 0)
            return -EINVAL;
        *count += 1;
    }
    return *count == 0 ? -EINVAL : 0;
}

/// 0, a negative errno for a bad value, 1 for a key this device does not know.
static int read_key(struct device_options *options, const char *key, snd_config_t *node)
{
    char *base = (char *)options;
    long number;
    for (size_t i = 0; i < COUNT(strings); i++) {
        if (strcmp(key, strings[i].name) == 0)
            return snd_config_get_string(node, (const char **)(void *)(base + strings[i].offset));
    }
    for (size_t i = 0; i < COUNT(integers); i++) {
        if (strcmp(key, integers[i].name) == 0)
            return snd_config_get_integer(node, (long *)(void *)(base + integers[i].offset));
    }
    for (size_t i = 0; i < COUNT(flags); i++) {
        if (strcmp(key, flags[i].name) != 0)
            continue;
        int error = snd_config_get_integer(node, &number);
        if (error >= 0)
            *(bool *)(base + flags[i].offset) = number != 0;
        return error;
    }
    if (strcmp(key, "loop_gain") == 0)
        return snd_config_get_ireal(node, &options->loop_gain);
    if (strcmp(key, "rates") == 0)
        return read_list(node, false, options->rates, OPTIONS_RATES_MAX, &options->rate_count);
    if (strcmp(key, "channels") == 0)
        return read_list(node, false, options->channels, OPTIONS_CHANNELS_MAX, &options->channel_count);
    if (strcmp(key, "formats") == 0)
        return read_list(node, true, options->formats, OPTIONS_FORMATS_MAX, &options->format_count);
    return 1;
}

/// Whether `value` is absent or one of the two words a key knows.
static bool is_word(const char *value, const char *first, const char *second)
{
    return value == NULL || strcmp(value, first) == 0 || strcmp(value, second) == 0;
}

static int check(const struct device_options *options)
{
    if (options->ctl == NULL) {
        SNDERR("earpost device: ctl is required");
        return -EINVAL;
    }
    bool clock_known = is_word(options->clock, "real", "manual") || strcmp(options->clock, "free") == 0;
    if (!clock_known || !is_word(options->source, "ramp", "silence")
        || !is_word(options->inmode, "device", "stream") || !is_word(options->irq, "period", "free")) {
        SNDERR("earpost device: clock is real, manual or free; source is ramp or silence; "
               "inmode is device or stream; irq is period or free");
        return -EINVAL;
    }
    for (unsigned i = 0; i < options->channel_count; i++) {
        if (options->channels[i] > 8) {
            SNDERR("earpost device: at most 8 channels");
            return -EINVAL;
        }
    }
    return 0;
}

int options_read(struct device_options *options, snd_config_t *conf)
{
    *options = defaults;
    snd_config_iterator_t i, next;
    snd_config_for_each(i, next, conf) {
        snd_config_t *node = snd_config_iterator_entry(i);
        const char *key;
        if (snd_config_get_id(node, &key) < 0)
            continue;
        if (strcmp(key, "comment") == 0 || strcmp(key, "type") == 0 || strcmp(key, "hint") == 0)
            continue;
        int result = read_key(options, key, node);
        if (result > 0)
            SNDERR("earpost device: unknown key %s", key);
        else if (result < 0)
            SNDERR("earpost device: bad value for %s", key);
        if (result != 0)
            return -EINVAL;
    }
    return check(options);
}
