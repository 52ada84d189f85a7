// What a client polls: one descriptor that is readable when the next frame it waits for is complete, or
// when there is something else to see.
#pragma once

#include "control.h"

#include <pthread.h>

struct wakeup {
    earpost_device_control *control;
    /// An epoll set of a timer (the next frame in real time) and an event (everything else).
    int poll_fd;
    int timer_fd, event_fd;
    pthread_t watcher;
    _Atomic bool quit;
    /// The next frame in manual time; INT64_MAX: none.
    _Atomic int64_t manual_deadline;
};

#pragma GCC visibility push(hidden)

/// Returns 0 or a negative errno.
int wakeup_open(struct wakeup *wakeup, earpost_device_control *control);
void wakeup_close(struct wakeup *wakeup);

/// Readable from now until the next `wakeup_arm`.
void wakeup_signal(struct wakeup *wakeup);
/// Unreadable until host time `deadline` (INT64_MAX: for good), unless the device's `fault_change` is no
/// longer `seen`: what happened between the caller's look and this call is not slept through.
void wakeup_arm(struct wakeup *wakeup, int64_t deadline, uint32_t seen);

#pragma GCC visibility pop
