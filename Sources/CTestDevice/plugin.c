// The entry point libasound finds: "type earpost" is _snd_pcm_earpost_open in
// libasound_module_pcm_earpost.so.
#define _GNU_SOURCE
// libasound's macros leave out the plug-in's symbols unless the code is position-independent.
#ifndef PIC
#define PIC 1
#endif
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool is(const char *value, const char *word)
{
    return value != NULL && strcmp(value, word) == 0;
}

/// -ENODEV, the error a test asked for, or 0.
static int admission(earpost_device_control *control)
{
    if (!control_is_present(control))
        return -ENODEV;
    return -atomic_load(&control->open_error);
}

/// Takes the stream of this direction for one handle.
static int take_exclusively(struct device *device, const char *ctl)
{
    char path[4096];
    const char *direction = device->direction == DIRECTION_PLAYBACK ? "playback" : "capture";
    snprintf(path, sizeof path, "%s.%s", ctl, direction);
    device->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (device->lock_fd < 0)
        return -errno;
    return flock(device->lock_fd, LOCK_EX | LOCK_NB) < 0 ? -EBUSY : 0;
}

/// Everything but the PCM itself.
static int furnish(struct device *device, const struct device_options *options)
{
    if (options->exclusive) {
        int error = take_exclusively(device, options->ctl);
        if (error < 0)
            return error;
    }
    const char *script = getenv("EARPOST_DEVICE_SCRIPT");
    if (script_parse(&device->script, script != NULL ? script : options->script) < 0) {
        SNDERR("earpost device: cannot read the script");
        return -EINVAL;
    }
    if (options->log != NULL)
        device->log_fd = open(options->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (options->loop != NULL) {
        device->air = air_open(options->loop);
        if (device->air == NULL)
            return -errno;
    }
    if (is(options->clock, "manual"))
        control_use_manual_clock(device->control);
    if (device->direction == DIRECTION_CAPTURE)
        return sound_source_open(&device->source, options);
    return sound_sink_open(&device->sink, options->outfile);
}

static unsigned smallest(const unsigned *items, unsigned count)
{
    unsigned found = items[0];
    for (unsigned i = 1; i < count; i++)
        found = items[i] < found ? items[i] : found;
    return found;
}

static unsigned largest(const unsigned *items, unsigned count)
{
    unsigned found = items[0];
    for (unsigned i = 1; i < count; i++)
        found = items[i] > found ? items[i] : found;
    return found;
}

/// The rates on offer. A WAV file has one, and the device does not resample.
static int constrain_rate(struct device *device, const struct device_options *options)
{
    const unsigned *file_rate = &device->source.wave.rate;
    if (!device->source.rate_is_given)
        return snd_pcm_ioplug_set_param_list(&device->io, SND_PCM_IOPLUG_HW_RATE, options->rate_count,
                                             options->rates);
    for (unsigned i = 0; i < options->rate_count; i++) {
        if (options->rates[i] == *file_rate)
            return snd_pcm_ioplug_set_param_list(&device->io, SND_PCM_IOPLUG_HW_RATE, 1, file_rate);
    }
    SNDERR("earpost device: infile has %u Hz, which is not in rates", *file_rate);
    return -EINVAL;
}

/// Tells libasound what the device can do.
static int constrain(struct device *device, const struct device_options *options)
{
    static const unsigned access[] = { SND_PCM_ACCESS_MMAP_INTERLEAVED, SND_PCM_ACCESS_RW_INTERLEAVED };
    snd_pcm_ioplug_t *io = &device->io;
    const unsigned *formats = options->formats, *channels = options->channels;
    unsigned format_count = options->format_count, channel_count = options->channel_count;
    unsigned widths[OPTIONS_FORMATS_MAX];
    for (unsigned i = 0; i < format_count; i++)
        widths[i] = (unsigned)snd_pcm_format_physical_width((snd_pcm_format_t)formats[i]) / 8;
    // Sizes are constrained in bytes: from the smallest frame on offer to the largest.
    unsigned least = smallest(widths, format_count) * smallest(channels, channel_count);
    unsigned most = largest(widths, format_count) * largest(channels, channel_count);
    unsigned period_min = (unsigned)options->period_min * least;
    unsigned period_max = (unsigned)options->period_max * most;
    unsigned buffer_min = (unsigned)options->buffer_min * least;
    unsigned buffer_max = (unsigned)options->buffer_max * most;

    int errors[] = {
        snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 2, access),
        snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, format_count, formats),
        snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_CHANNELS, channel_count, channels),
        constrain_rate(device, options),
        snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, period_min, period_max),
        snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, buffer_min, buffer_max),
        snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIODS, 2, 1024),
    };
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i] < 0)
            return errors[i];
    }
    return 0;
}

static struct device *device_new(earpost_device_control *control, const struct device_options *options,
                                 snd_pcm_stream_t stream)
{
    struct device *device = calloc(1, sizeof *device);
    if (device == NULL)
        return NULL;
    pthread_mutex_init(&device->lock, NULL);
    device->control = control;
    device->direction = stream == SND_PCM_STREAM_PLAYBACK ? DIRECTION_PLAYBACK : DIRECTION_CAPTURE;
    device->counters = &control->directions[device->direction];
    device->sink.fd = device->lock_fd = device->log_fd = -1;
    device->air_delay_us = options->loop_delay_us;
    device->air_gain = options->loop_gain;
    device->free_running = is(options->clock, "free");
    device->wakes_at_periods = !is(options->irq, "free");
    device->source_waits = is(options->inmode, "stream");
    device->limits.period_min = options->period_min;
    device->limits.period_max = options->period_max;
    device->limits.buffer_min = options->buffer_min;
    device->limits.buffer_max = options->buffer_max;
    device->random = 1;
    device->plug_generation = atomic_load(&control->plug_generation);
    device->seen_faults = atomic_load(&control->fault_count);
    device->seen_change = atomic_load(&control->fault_change);
    return device;
}

static int refuse(struct device *device, int error)
{
    atomic_fetch_add(&device->counters->open_refusals, 1);
    device_free(device);
    return error;
}

/// Opens the PCM; takes over `device`, also on failure.
static int create(struct device *device, const struct device_options *options, const char *name,
                  snd_pcm_stream_t stream, int mode)
{
    int error = furnish(device, options);
    if (error == 0)
        error = wakeup_open(&device->wakeup, device->control);
    if (error < 0)
        return refuse(device, error);
    device->io.version = SND_PCM_IOPLUG_VERSION;
    device->io.name = "earpost test device";
    device->io.flags = SND_PCM_IOPLUG_FLAG_MONOTONIC | SND_PCM_IOPLUG_FLAG_BOUNDARY_WA;
    device->io.callback = &device_callbacks;
    device->io.private_data = device;
    device->io.poll_fd = device->wakeup.poll_fd;
    device->io.poll_events = POLLIN;
    error = snd_pcm_ioplug_create(&device->io, name, stream, mode);
    if (error < 0) {
        wakeup_close(&device->wakeup);
        return refuse(device, error);
    }
    // libasound does not copy it from the mode.
    device->io.nonblock = (mode & SND_PCM_NONBLOCK) != 0;
    atomic_fetch_add(&device->counters->opens, 1);
    error = constrain(device, options);
    if (error < 0)
        snd_pcm_ioplug_delete(&device->io);
    return error;
}

SND_PCM_PLUGIN_DEFINE_FUNC(earpost)
{
    (void)root;
    struct device_options options;
    int error = options_read(&options, conf);
    if (error < 0)
        return error;
    earpost_device_control *control = earpost_device_open(options.ctl);
    if (control == NULL) {
        error = -errno;
        SNDERR("earpost device: ctl %s: %s", options.ctl, strerror(-error));
        return error;
    }
    struct device *device = device_new(control, &options, stream);
    if (device == NULL) {
        earpost_device_close(control);
        return -ENOMEM;
    }
    error = admission(control);
    if (error < 0)
        return refuse(device, error);
    error = create(device, &options, name, stream, mode);
    if (error < 0)
        return error;
    *pcmp = device->io.pcm;
    return 0;
}
SND_PCM_PLUGIN_SYMBOL(earpost);
