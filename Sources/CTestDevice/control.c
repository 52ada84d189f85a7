#define _GNU_SOURCE
#include "control.h"
#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct earpost_device_control) <= CONTROL_BYTES, "the control block is one page");

/// Where a manual clock begins. Not zero, which means "no manual clock".
static const int64_t manual_time_origin_ns = 1000000000;

earpost_device_control *earpost_device_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return NULL;
    struct stat status;
    if (fstat(fd, &status) < 0 || (status.st_size < CONTROL_BYTES && ftruncate(fd, CONTROL_BYTES) < 0)) {
        int error = errno;
        close(fd);
        errno = error;
        return NULL;
    }
    void *map = mmap(NULL, CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int error = errno;
    close(fd);
    errno = error;
    if (map == MAP_FAILED)
        return NULL;
    earpost_device_control *control = map;
    if (atomic_load(&control->magic) != CONTROL_MAGIC || atomic_load(&control->version) != CONTROL_VERSION) {
        earpost_device_reset(control, false);
        atomic_store(&control->version, CONTROL_VERSION);
        atomic_store(&control->magic, CONTROL_MAGIC);
    }
    return control;
}

void earpost_device_close(earpost_device_control *control)
{
    munmap(control, CONTROL_BYTES);
}

void earpost_device_reset(earpost_device_control *control, bool manual_clock)
{
    atomic_store(&control->present, 1);
    atomic_store(&control->replug_time, 0);
    atomic_store(&control->open_error, 0);
    atomic_store(&control->hanging, 0);
    atomic_store(&control->fault_kind, EARPOST_FAULT_NONE);
    atomic_store(&control->start_delay_us, 0);
    atomic_store(&control->jitter_us, 0);
    atomic_store(&control->granularity, 0);
    atomic_store(&control->manual_time, manual_clock ? manual_time_origin_ns : 0);
    clock_reset(control);
    for (int i = 0; i < 2; i++) {
        struct direction_counters *counters = &control->directions[i];
        atomic_store(&counters->opens, 0);
        atomic_store(&counters->open_refusals, 0);
        atomic_store(&counters->closes, 0);
        atomic_store(&counters->prepares, 0);
        atomic_store(&counters->starts, 0);
        atomic_store(&counters->xruns, 0);
        atomic_store(&counters->frames_passed, 0);
        atomic_store(&counters->frames_transferred, 0);
        atomic_store(&counters->script_steps, 0);
    }
    control_announce(control, true);
}

void control_announce(earpost_device_control *control, bool fault)
{
    if (fault)
        atomic_fetch_add(&control->fault_change, 1);
    atomic_fetch_add(&control->change, 1);
    syscall(SYS_futex, &control->change, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void control_wait(earpost_device_control *control, uint32_t seen)
{
    syscall(SYS_futex, &control->change, FUTEX_WAIT, seen, NULL, NULL, 0);
}

// MARK: plug

void control_unplug(earpost_device_control *control, int64_t back_after_ns)
{
    int64_t back = back_after_ns > 0 ? earpost_device_now(control) + back_after_ns : 0;
    atomic_store(&control->replug_time, back);
    atomic_store(&control->present, 0);
    atomic_fetch_add(&control->plug_generation, 1);
    control_announce(control, true);
}

void earpost_device_unplug(earpost_device_control *control)
{
    control_unplug(control, 0);
}

void earpost_device_replug(earpost_device_control *control)
{
    atomic_store(&control->replug_time, 0);
    atomic_store(&control->present, 1);
    control_announce(control, true);
}

bool control_is_present(earpost_device_control *control)
{
    int64_t back = atomic_load(&control->replug_time);
    if (back != 0 && earpost_device_now(control) >= back)
        earpost_device_replug(control);
    return atomic_load(&control->present) != 0;
}

void earpost_device_refuse_open(earpost_device_control *control, int32_t error_number)
{
    atomic_store(&control->open_error, error_number);
}

// MARK: faults

void earpost_device_inject(earpost_device_control *control, enum earpost_fault fault, uint32_t directions)
{
    atomic_store(&control->fault_kind, fault);
    atomic_store(&control->fault_directions, directions);
    atomic_fetch_add(&control->fault_count, 1);
    control_announce(control, true);
}

void earpost_device_stall(earpost_device_control *control)
{
    atomic_store(&control->hanging, 0);
    clock_freeze(control, true, earpost_device_now(control));
    control_announce(control, true);
}

void earpost_device_hang(earpost_device_control *control)
{
    atomic_store(&control->hanging, 1);
    clock_freeze(control, true, earpost_device_now(control));
    control_announce(control, true);
}

void earpost_device_resume(earpost_device_control *control)
{
    clock_freeze(control, false, earpost_device_now(control));
    atomic_store(&control->hanging, 0);
    control_announce(control, true);
}

void earpost_device_drift(earpost_device_control *control, int64_t parts_per_billion)
{
    clock_drift(control, parts_per_billion, earpost_device_now(control));
    control_announce(control, true);
}

void earpost_device_set_start_delay(earpost_device_control *control, uint32_t microseconds)
{
    atomic_store(&control->start_delay_us, microseconds);
}

void earpost_device_set_jitter(earpost_device_control *control, uint32_t microseconds)
{
    atomic_store(&control->jitter_us, microseconds);
}

void earpost_device_set_granularity(earpost_device_control *control, uint32_t frames)
{
    atomic_store(&control->granularity, frames);
}

// MARK: time

int64_t earpost_device_now(earpost_device_control *control)
{
    int64_t manual = atomic_load(&control->manual_time);
    if (manual != 0)
        return manual;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void earpost_device_advance(earpost_device_control *control, int64_t nanoseconds)
{
    if (atomic_load(&control->manual_time) == 0)
        return;
    atomic_fetch_add(&control->manual_time, nanoseconds);
    control_announce(control, false);
}

void control_use_manual_clock(earpost_device_control *control)
{
    int64_t real = 0;
    atomic_compare_exchange_strong(&control->manual_time, &real, manual_time_origin_ns);
}

// MARK: counters

earpost_device_counters earpost_device_read_counters(earpost_device_control *control, uint32_t direction)
{
    const struct direction_counters *from =
        &control->directions[direction == EARPOST_PLAYBACK ? DIRECTION_PLAYBACK : DIRECTION_CAPTURE];
    return (earpost_device_counters) {
        .opens = atomic_load(&from->opens),
        .open_refusals = atomic_load(&from->open_refusals),
        .closes = atomic_load(&from->closes),
        .prepares = atomic_load(&from->prepares),
        .starts = atomic_load(&from->starts),
        .xruns = atomic_load(&from->xruns),
        .frames_passed = atomic_load(&from->frames_passed),
        .frames_transferred = atomic_load(&from->frames_transferred),
    };
}
