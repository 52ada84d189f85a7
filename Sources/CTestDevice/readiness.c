#define _GNU_SOURCE
#include "device.h"

#include <stdlib.h>

int64_t readiness_minimum(const struct device *device, int64_t client)
{
    int64_t minimum = (int64_t)device->avail_min, period = (int64_t)device->io.period_size;
    // A blocking read of the rest of a period is woken by that period's interrupt, as in the kernel.
    if (!device->io.nonblock && device->wakes_at_periods && period > 0 && period - client % period < minimum)
        minimum = period - client % period;
    return minimum;
}

static int64_t round_up(int64_t value, int64_t step)
{
    return step > 1 ? (value + step - 1) / step * step : value;
}

/// The stream position at which the client has something to do.
static int64_t target_position(const struct device *device, int64_t client)
{
    bool draining = device->io.state == SND_PCM_STATE_DRAINING;
    int64_t target = client;
    if (!draining)
        target += readiness_minimum(device, client);
    if (!draining && device->direction == DIRECTION_PLAYBACK)
        target -= (int64_t)device->io.buffer_size;
    if (target < 1)
        target = 1;
    target = round_up(target, atomic_load(&device->control->granularity));
    if (device->wakes_at_periods && !draining)
        target = round_up(target, (int64_t)device->io.period_size);

    uint32_t done = atomic_load(&device->counters->script_steps);
    if (done < device->script.count) {
        int64_t passed_before = (int64_t)atomic_load(&device->counters->frames_passed) - device->position;
        int64_t step = device->script.steps[done].frame - passed_before;
        if (step > device->position && step < target)
            target = step;
    }
    return target;
}

/// How late the interrupt for `target` comes: drawn once for each.
static int64_t jitter(struct device *device, int64_t target)
{
    uint32_t most_us = atomic_load(&device->control->jitter_us);
    if (most_us == 0)
        return 0;
    if (device->jitter_target != target) {
        device->jitter_target = target;
        device->jitter_ns = (int64_t)(rand_r(&device->random) % most_us) * 1000;
    }
    return device->jitter_ns;
}

/// When the kernel gives up on a blocking call: 100 ms, or 1.1 buffers if that is longer, without a frame.
static int64_t wait_deadline(const struct device *device, const struct clock_line *line)
{
    bool limited = line->frozen && !device->io.nonblock && device->wait_began != 0
        && atomic_load(&device->control->hanging) == 0;
    if (!limited || device->io.rate == 0)
        return INT64_MAX;
    int64_t limit = (int64_t)device->io.buffer_size * 1100000000 / device->io.rate;
    if (limit < 100000000)
        limit = 100000000;
    return (device->wait_began > line->host ? device->wait_began : line->host) + limit;
}

void readiness_begin_wait(struct device *device)
{
    device->wait_began = earpost_device_now(device->control);
}

bool readiness_timed_out(struct device *device)
{
    struct clock_line line = clock_read(device->control);
    int64_t deadline = wait_deadline(device, &line);
    if (!device->running || deadline == INT64_MAX || earpost_device_now(device->control) < deadline)
        return false;
    // Once for each wait: a client that polls by itself is not woken again and again.
    device->wait_began = 0;
    return true;
}

void readiness_arm(struct device *device, int64_t client)
{
    int64_t deadline = INT64_MAX;
    device->armed_client = client;
    if (device->running && !device->free_running) {
        struct clock_line line = clock_read(device->control);
        int64_t target = target_position(device, client);
        deadline = clock_time_of(&line, device->origin + target, device->io.rate);
        if (deadline != INT64_MAX)
            deadline += jitter(device, target);
        int64_t limit = wait_deadline(device, &line);
        if (limit < deadline)
            deadline = limit;
    }
    wakeup_arm(&device->wakeup, deadline, device->seen_change);

    bool has_room = device->prepared && device->direction == DIRECTION_PLAYBACK
        && client + (int64_t)device->avail_min <= (int64_t)device->io.buffer_size;
    if (has_room || device->halted || (device->running && device->free_running))
        wakeup_signal(&device->wakeup);
}
