#define _GNU_SOURCE
#include "device.h"

#include <errno.h>

bool faults_check_plug(struct device *device)
{
    earpost_device_control *control = device->control;
    bool there = atomic_load(&control->present) != 0
        && atomic_load(&control->plug_generation) == device->plug_generation;
    if (!there && !device->dead) {
        device->dead = true;
        device->running = false;
        device->halted = true;
        transfer_forget_unplayed(device);
        device_log(device, "unplugged at %lld", (long long)device->position);
    }
    return device->dead;
}

static void halt(struct device *device, const char *cause)
{
    device->running = false;
    device->halted = true;
    transfer_forget_unplayed(device);
    device_log(device, "%s at %lld", cause, (long long)device->position);
}

static int stop_by_xrun(struct device *device)
{
    atomic_fetch_add(&device->counters->xruns, 1);
    halt(device, "xrun");
    return -EPIPE;
}

/// Lets `step` happen at host time `host`, with the hardware pointer where it happens.
static int perform(struct device *device, const struct script_step *step, int64_t host)
{
    earpost_device_control *control = device->control;
    switch (step->action) {
    case STEP_XRUN:
        return stop_by_xrun(device);
    case STEP_SUSPEND:
        halt(device, "suspended");
        snd_pcm_ioplug_set_state(&device->io, SND_PCM_STATE_SUSPENDED);
        break;
    case STEP_IO_ERROR:
        device->io_error_pending = true;
        break;
    case STEP_BAD_STATE:
        device->broken = true;
        halt(device, "broken");
        break;
    case STEP_UNPLUG:
        control_unplug(control, (int64_t)(step->argument * 1e6));
        faults_check_plug(device);
        break;
    case STEP_STALL:
    case STEP_HANG:
        atomic_store(&control->hanging, step->action == STEP_HANG);
        clock_freeze(control, true, host);
        control_announce(control, true);
        break;
    case STEP_DRIFT:
        clock_drift(control, (int64_t)(step->argument * 1000), host);
        control_announce(control, true);
        break;
    }
    return 0;
}

/// The frame at which the client's lateness stops the stream; INT64_MAX: it may run free.
static int64_t xrun_position(const struct device *device)
{
    bool may_stop = device->io.state == SND_PCM_STATE_RUNNING && !device->free_running;
    if (!may_stop || device->stop_threshold >= INT64_MAX / 4)
        return INT64_MAX;
    int64_t limit = (int64_t)device->io.appl_ptr + (int64_t)device->stop_threshold;
    return device->direction == DIRECTION_CAPTURE ? limit : limit - (int64_t)device->io.buffer_size;
}

/// The frame of this stream at which the next step of the script is due; INT64_MAX: none.
static int64_t step_position(const struct device *device)
{
    uint32_t done = atomic_load(&device->counters->script_steps);
    if (done >= device->script.count)
        return INT64_MAX;
    int64_t passed_before = (int64_t)atomic_load(&device->counters->frames_passed) - device->position;
    int64_t at = device->script.steps[done].frame - passed_before;
    return at > device->position ? at : device->position;
}

static int64_t present_position(const struct device *device)
{
    int64_t position = position_now(device), client = (int64_t)device->io.appl_ptr;
    bool draining = device->direction == DIRECTION_PLAYBACK && device->io.state == SND_PCM_STATE_DRAINING;
    return draining && position > client ? client : position;
}

static int perform_injected(struct device *device)
{
    earpost_device_control *control = device->control;
    uint32_t count = atomic_load(&control->fault_count);
    if (count == device->seen_faults)
        return 0;
    device->seen_faults = count;
    if ((atomic_load(&control->fault_directions) & (1u << device->direction)) == 0)
        return 0;
    static const enum script_action actions[] = {
        [EARPOST_FAULT_XRUN] = STEP_XRUN,
        [EARPOST_FAULT_SUSPEND] = STEP_SUSPEND,
        [EARPOST_FAULT_IO_ERROR] = STEP_IO_ERROR,
        [EARPOST_FAULT_BAD_STATE] = STEP_BAD_STATE,
    };
    uint32_t kind = atomic_load(&control->fault_kind);
    if (kind == EARPOST_FAULT_NONE || kind > EARPOST_FAULT_BAD_STATE)
        return 0;
    struct script_step now = { .action = actions[kind] };
    return perform(device, &now, earpost_device_now(control));
}

int faults_advance(struct device *device)
{
    if (device->broken || faults_check_plug(device))
        return 0;
    while (device->running) {
        int64_t target = present_position(device);
        int64_t xrun = xrun_position(device), step = step_position(device);
        if (xrun <= target && xrun <= step) {
            position_advance(device, xrun);
            return stop_by_xrun(device);
        }
        if (step > target) {
            position_advance(device, target);
            return perform_injected(device);
        }
        position_advance(device, step);
        struct clock_line line = clock_read(device->control);
        int64_t host = clock_time_of(&line, device->origin + step, device->io.rate);
        uint32_t done = atomic_fetch_add(&device->counters->script_steps, 1);
        int error = perform(device, &device->script.steps[done], host);
        if (error < 0)
            return error;
    }
    return 0;
}
