// What a device is, as its definition in the ALSA configuration says (docs/TEST-DEVICE.md lists the keys).
#pragma once

#include <alsa/asoundlib.h>
#include <stdbool.h>

enum { OPTIONS_RATES_MAX = 24, OPTIONS_CHANNELS_MAX = 8, OPTIONS_FORMATS_MAX = 8 };

/// Strings belong to the configuration: good while the PCM is being opened.
struct device_options {
    const char *ctl, *clock, *source, *infile, *inmode, *outfile, *loop, *script, *log, *irq;
    bool loopin, exclusive;
    long loop_delay_us;
    double loop_gain;
    unsigned rates[OPTIONS_RATES_MAX], rate_count;
    unsigned channels[OPTIONS_CHANNELS_MAX], channel_count;
    unsigned formats[OPTIONS_FORMATS_MAX], format_count;
    long period_min, period_max, buffer_min, buffer_max;
};

#pragma GCC visibility push(hidden)

/// Reads the definition `conf`. Returns 0, or a negative errno after saying on ALSA's error channel what is
/// wrong: an unknown key or a value of the wrong type is an error, never a default.
int options_read(struct device_options *options, snd_config_t *conf);

#pragma GCC visibility pop
