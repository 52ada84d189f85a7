#define _GNU_SOURCE
#include "device.h"

int64_t position_now(const struct device *device)
{
    if (!device->running)
        return device->position;
    int64_t client = (int64_t)device->io.appl_ptr;
    if (device->free_running)
        return device->direction == DIRECTION_CAPTURE ? client + (int64_t)device->io.period_size : client;

    struct clock_line line = clock_read(device->control);
    int64_t now = earpost_device_now(device->control);
    int64_t position = clock_frames(&line, now, device->io.rate) - device->origin;
    int64_t step = atomic_load(&device->control->granularity);
    if (step > 1)
        position -= position % step;
    return position < device->position ? device->position : position;
}

void position_advance(struct device *device, int64_t position)
{
    if (position <= device->position)
        return;
    if (device->direction == DIRECTION_PLAYBACK)
        sound_sink_play(&device->sink, device->position, position, (int64_t)device->io.appl_ptr);
    atomic_fetch_add(&device->counters->frames_passed, (uint64_t)(position - device->position));
    device->position = position;
}

void position_count_client(struct device *device)
{
    int64_t client = (int64_t)device->io.appl_ptr;
    if (client > device->counted)
        atomic_fetch_add(&device->counters->frames_transferred, (uint64_t)(client - device->counted));
    device->counted = client;
}

int position_begin(struct device *device)
{
    earpost_device_control *control = device->control;
    int64_t now = earpost_device_now(control);
    clock_start(control, now);
    struct clock_line line = clock_read(control);

    int64_t delay = (int64_t)atomic_load(&control->start_delay_us) * device->io.rate / 1000000;
    device->origin = clock_frames(&line, now, device->io.rate) + delay;
    device->position = 0;
    bool follows_clock = !device->source_waits && !device->free_running;
    device->source_origin = follows_clock ? device->origin : device->source_next;

    if (device->air == NULL)
        return 0;
    int64_t host = clock_time_of(&line, device->origin, device->io.rate);
    if (host == INT64_MAX)
        host = now;
    int error = air_join(device->air, device->io.rate, host);
    device->air_line = line;
    device->air_position = 0;
    device->air_frame = (double)air_frame_at(device->air, host);
    return error;
}
