#define _GNU_SOURCE
#include "clock.h"

#include <sched.h>

/// Products of nanoseconds and rates do not fit 64 bits after a day.
typedef __int128 wide;

static const int64_t billion = 1000000000;

struct clock_line clock_read(earpost_device_control *control)
{
    struct clock_line line;
    uint32_t before, after;
    do {
        before = atomic_load(&control->clock_sequence);
        line.started = atomic_load(&control->clock_started) != 0;
        line.frozen = atomic_load(&control->clock_frozen) != 0;
        line.host = atomic_load(&control->clock_host);
        line.device = atomic_load(&control->clock_device);
        line.ppb = atomic_load(&control->clock_ppb);
        after = atomic_load(&control->clock_sequence);
    } while (before != after || (before & 1) != 0);
    return line;
}

static void begin_write(earpost_device_control *control)
{
    for (;;) {
        uint32_t even = atomic_load(&control->clock_sequence) & ~1u;
        if (atomic_compare_exchange_strong(&control->clock_sequence, &even, even + 1))
            return;
        sched_yield();
    }
}

static void end_write(earpost_device_control *control)
{
    atomic_fetch_add(&control->clock_sequence, 1);
}

static int64_t device_time(const struct clock_line *line, int64_t host)
{
    if (!line->started)
        return 0;
    if (line->frozen || host <= line->host)
        return line->device;
    return line->device + (int64_t)((wide)(host - line->host) * (billion + line->ppb) / billion);
}

/// Begins a new straight line at `host`, so that a change never moves what was before.
static void anchor(earpost_device_control *control, int64_t host)
{
    struct clock_line line = {
        .started = atomic_load(&control->clock_started) != 0,
        .frozen = atomic_load(&control->clock_frozen) != 0,
        .host = atomic_load(&control->clock_host),
        .device = atomic_load(&control->clock_device),
        .ppb = atomic_load(&control->clock_ppb),
    };
    atomic_store(&control->clock_device, device_time(&line, host));
    atomic_store(&control->clock_host, host > line.host ? host : line.host);
}

void clock_start(earpost_device_control *control, int64_t host)
{
    begin_write(control);
    if (atomic_load(&control->clock_started) == 0) {
        atomic_store(&control->clock_host, host);
        atomic_store(&control->clock_device, 0);
        atomic_store(&control->clock_started, 1);
    }
    end_write(control);
}

void clock_freeze(earpost_device_control *control, bool frozen, int64_t host)
{
    begin_write(control);
    anchor(control, host);
    atomic_store(&control->clock_frozen, frozen);
    end_write(control);
}

void clock_drift(earpost_device_control *control, int64_t ppb, int64_t host)
{
    begin_write(control);
    anchor(control, host);
    atomic_store(&control->clock_ppb, ppb);
    end_write(control);
}

void clock_reset(earpost_device_control *control)
{
    begin_write(control);
    atomic_store(&control->clock_started, 0);
    atomic_store(&control->clock_frozen, 0);
    atomic_store(&control->clock_host, 0);
    atomic_store(&control->clock_device, 0);
    atomic_store(&control->clock_ppb, 0);
    end_write(control);
}

int64_t clock_frames(const struct clock_line *line, int64_t host, uint32_t rate)
{
    return (int64_t)((wide)device_time(line, host) * rate / billion);
}

int64_t clock_time_of(const struct clock_line *line, int64_t frames, uint32_t rate)
{
    // Rounded up twice: the smallest integer times that satisfy device_time() >= frames / rate.
    int64_t device = (int64_t)(((wide)frames * billion + rate - 1) / rate);
    if (device <= line->device)
        return line->host;
    if (line->frozen || !line->started)
        return INT64_MAX;
    int64_t speed = billion + line->ppb;
    return line->host + (int64_t)(((wide)(device - line->device) * billion + speed - 1) / speed);
}
