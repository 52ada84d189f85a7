// The callbacks libasound drives a handle with.
#define _GNU_SOURCE
#include "device.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void device_log(struct device *device, const char *format, ...)
{
    if (device->log_fd < 0)
        return;
    char line[256];
    int length = snprintf(line, sizeof line, "%lld %s ", (long long)earpost_device_now(device->control),
                          device->direction == DIRECTION_PLAYBACK ? "playback" : "capture");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + length, sizeof line - (size_t)length, format, arguments);
    va_end(arguments);
    dprintf(device->log_fd, "%s\n", line);
}

void device_free(struct device *device)
{
    sound_source_close(&device->source);
    sound_sink_close(&device->sink);
    if (device->air != NULL)
        air_close(device->air);
    if (device->log_fd >= 0)
        close(device->log_fd);
    if (device->lock_fd >= 0)
        close(device->lock_fd);
    if (device->control != NULL)
        earpost_device_close(device->control);
    pthread_mutex_destroy(&device->lock);
    free(device);
}

static struct device *take(snd_pcm_ioplug_t *io)
{
    struct device *device = io->private_data;
    pthread_mutex_lock(&device->lock);
    return device;
}

static void leave(struct device *device)
{
    pthread_mutex_unlock(&device->lock);
}

/// What every call on a handle that cannot work any more returns; 0 while it can.
static int refusal(struct device *device)
{
    if (faults_check_plug(device)) {
        snd_pcm_ioplug_set_state(&device->io, SND_PCM_STATE_DISCONNECTED);
        return -ENODEV;
    }
    return device->broken ? -EBADFD : 0;
}

/// The hardware pointer as libasound is told.
///
/// A stream that a fault has stopped always has something available: libasound looks at the state before it
/// asks for the pointer, and would tell a client that does not block -EAGAIN once more. So it comes to the
/// transfer, which refuses.
static snd_pcm_sframes_t reported_position(const struct device *device)
{
    int64_t position = device->position, client = (int64_t)device->io.appl_ptr;
    if (!device->halted)
        return (snd_pcm_sframes_t)position;
    int64_t available = client + (int64_t)device->avail_min;
    if (device->direction == DIRECTION_PLAYBACK)
        available -= (int64_t)device->io.buffer_size;
    return (snd_pcm_sframes_t)(available > position ? available : position);
}

static snd_pcm_sframes_t on_pointer(snd_pcm_ioplug_t *io)
{
    struct device *device = take(io);
    device->seen_change = atomic_load(&device->control->fault_change);
    position_count_client(device);
    int error = faults_advance(device);
    if (device->dead)
        snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
    if (device->running && device->armed_client != (int64_t)io->appl_ptr)
        readiness_arm(device, (int64_t)io->appl_ptr);
    if (device->halted)
        wakeup_signal(&device->wakeup);
    snd_pcm_sframes_t result = error < 0 ? error : reported_position(device);
    leave(device);
    return result;
}

static int on_prepare(snd_pcm_ioplug_t *io)
{
    struct device *device = take(io);
    int error = refusal(device);
    if (error == 0) {
        device->running = device->halted = false;
        device->prepared = true;
        device->position = device->counted = 0;
        atomic_fetch_add(&device->counters->prepares, 1);
        device->seen_change = atomic_load(&device->control->fault_change);
        readiness_arm(device, (int64_t)io->appl_ptr);
        device_log(device, "prepared");
    }
    leave(device);
    return error;
}

static int on_start(snd_pcm_ioplug_t *io)
{
    struct device *device = take(io);
    int error = refusal(device);
    // As the kernel: there is nothing to play.
    if (error == 0 && device->direction == DIRECTION_PLAYBACK && io->appl_ptr == 0)
        error = -EPIPE;
    if (error == 0)
        error = position_begin(device);
    if (error == 0) {
        device->prepared = false;
        device->running = true;
        device->seen_faults = atomic_load(&device->control->fault_count);
        device->seen_change = atomic_load(&device->control->fault_change);
        atomic_fetch_add(&device->counters->starts, 1);
        transfer_prefilled(device);
        readiness_arm(device, (int64_t)io->appl_ptr);
        device_log(device, "started at %lld", (long long)device->origin);
    }
    leave(device);
    return error;
}

static int on_stop(snd_pcm_ioplug_t *io)
{
    struct device *device = take(io);
    position_count_client(device);
    if (device->running) {
        int64_t position = position_now(device), client = (int64_t)io->appl_ptr;
        bool beyond = device->direction == DIRECTION_PLAYBACK && position > client;
        position_advance(device, beyond ? client : position);
        transfer_forget_unplayed(device);
        device_log(device, "stopped at %lld", (long long)device->position);
    }
    device->running = device->prepared = false;
    readiness_arm(device, (int64_t)io->appl_ptr);
    leave(device);
    return 0;
}

static int on_resume(snd_pcm_ioplug_t *io)
{
    // libasound ignores what this returns, and leaves the state to it: PREPARED, as from a card that cannot
    // resume in place.
    snd_pcm_ioplug_set_state(io, SND_PCM_STATE_SETUP);
    return snd_pcm_prepare(io->pcm);
}

static int on_pause(snd_pcm_ioplug_t *io, int enable)
{
    struct device *device = take(io);
    if (enable) {
        position_advance(device, position_now(device));
        device->running = false;
    } else {
        struct clock_line line = clock_read(device->control);
        int64_t now = earpost_device_now(device->control);
        int64_t skipped = clock_frames(&line, now, io->rate) - device->position - device->origin;
        device->origin += skipped;
        if (!device->source_waits)
            device->source_origin += skipped;
        device->running = true;
    }
    readiness_arm(device, (int64_t)io->appl_ptr);
    leave(device);
    return 0;
}

static int on_hw_params(snd_pcm_ioplug_t *io, snd_pcm_hw_params_t *params)
{
    (void)params;
    struct device *device = take(io);
    int error = refusal(device);
    long period = (long)io->period_size, buffer = (long)io->buffer_size;
    // The constraints are in bytes, so that with several formats some sizes slip through them.
    if (period < device->limits.period_min || period > device->limits.period_max
        || buffer < device->limits.buffer_min || buffer > device->limits.buffer_max)
        error = -EINVAL;
    if (error == 0 && device->direction == DIRECTION_PLAYBACK)
        error = sound_sink_configure(&device->sink, io);
    device->avail_min = io->period_size;
    device->stop_threshold = io->buffer_size;
    device_log(device, "%s, %u Hz, %u channels, period %ld, buffer %ld", snd_pcm_format_name(io->format),
               io->rate, io->channels, period, buffer);
    leave(device);
    return error;
}

static int on_sw_params(snd_pcm_ioplug_t *io, snd_pcm_sw_params_t *params)
{
    struct device *device = take(io);
    snd_pcm_sw_params_get_avail_min(params, &device->avail_min);
    snd_pcm_sw_params_get_stop_threshold(params, &device->stop_threshold);
    readiness_arm(device, (int64_t)io->appl_ptr);
    leave(device);
    return 0;
}

static snd_pcm_sframes_t on_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
                                     snd_pcm_uframes_t offset, snd_pcm_uframes_t size)
{
    struct device *device = take(io);
    snd_pcm_sframes_t result = refusal(device);
    if (result == 0 && io->state == SND_PCM_STATE_SUSPENDED)
        result = -ESTRPIPE;
    if (result == 0 && device->io_error_pending) {
        device->io_error_pending = false;
        result = -EIO;
    }
    if (result == 0) {
        if (device->direction == DIRECTION_CAPTURE)
            transfer_capture(device, areas, offset, size);
        else
            transfer_playback(device, areas, offset, size);
        // libasound moves the client's pointer after this, with no call back: arm for where it will be. In
        // mmap mode captured frames are only looked at here, and taken by a commit that does not tell.
        int64_t client = (int64_t)(io->appl_ptr + size);
        if (device->direction == DIRECTION_PLAYBACK || io->access == SND_PCM_ACCESS_RW_INTERLEAVED) {
            atomic_fetch_add(&device->counters->frames_transferred, (uint64_t)(client - device->counted));
            device->counted = client;
        }
        readiness_arm(device, client);
        result = (snd_pcm_sframes_t)size;
    }
    leave(device);
    return result;
}

static int on_poll_descriptors_count(snd_pcm_ioplug_t *io)
{
    (void)io;
    return 1;
}

static int on_poll_descriptors(snd_pcm_ioplug_t *io, struct pollfd *descriptors, unsigned space)
{
    if (space < 1)
        return 0;
    struct device *device = take(io);
    *descriptors = (struct pollfd) { .fd = device->wakeup.poll_fd, .events = POLLIN | POLLERR | POLLNVAL };
    // A blocking call asks for the descriptor each time it waits.
    readiness_begin_wait(device);
    readiness_arm(device, (int64_t)io->appl_ptr);
    leave(device);
    return 1;
}

/// What poll tells in the state `io` is in, with `avail` frames available.
static unsigned short events(struct device *device, snd_pcm_sframes_t avail)
{
    unsigned short ready = device->direction == DIRECTION_CAPTURE ? POLLIN : POLLOUT;
    switch (device->io.state) {
    case SND_PCM_STATE_DISCONNECTED:
        return POLLERR | POLLNVAL;
    case SND_PCM_STATE_RUNNING:
    case SND_PCM_STATE_PREPARED:
    case SND_PCM_STATE_PAUSED:
        if (avail >= readiness_minimum(device, (int64_t)device->io.appl_ptr))
            return ready;
        return readiness_timed_out(device) ? POLLERR : 0;
    case SND_PCM_STATE_DRAINING:
        return readiness_timed_out(device) ? POLLERR : 0;
    default:
        return ready | POLLERR;
    }
}

static int on_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *descriptors, unsigned count,
                           unsigned short *revents)
{
    (void)descriptors;
    (void)count;
    // Asks on_pointer, which lets due faults happen, and puts what it found into the state.
    snd_pcm_sframes_t avail = snd_pcm_avail_update(io->pcm);
    struct device *device = take(io);
    int error = 0;
    if (device->broken) {
        *revents = POLLERR | POLLNVAL;
        error = -EBADFD;
    } else {
        *revents = events(device, avail);
    }
    readiness_arm(device, (int64_t)io->appl_ptr);
    leave(device);
    return error;
}

static int on_close(snd_pcm_ioplug_t *io)
{
    struct device *device = io->private_data;
    wakeup_close(&device->wakeup);
    position_count_client(device);
    atomic_fetch_add(&device->counters->closes, 1);
    device_log(device, "closed");
    device_free(device);
    return 0;
}

const snd_pcm_ioplug_callback_t device_callbacks = {
    .start = on_start,
    .stop = on_stop,
    .pointer = on_pointer,
    .transfer = on_transfer,
    .close = on_close,
    .hw_params = on_hw_params,
    .sw_params = on_sw_params,
    .prepare = on_prepare,
    .pause = on_pause,
    .resume = on_resume,
    .poll_descriptors_count = on_poll_descriptors_count,
    .poll_descriptors = on_poll_descriptors,
    .poll_revents = on_poll_revents,
};
