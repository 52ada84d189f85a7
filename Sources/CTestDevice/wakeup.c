#define _GNU_SOURCE
#include "wakeup.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/// Sleeps on the control file and turns its changes into readability. It moves no data and keeps no time.
static void *watch(void *argument)
{
    struct wakeup *wakeup = argument;
    earpost_device_control *control = wakeup->control;
    uint32_t faults = atomic_load(&control->fault_change);
    while (!atomic_load(&wakeup->quit)) {
        uint32_t seen = atomic_load(&control->change);
        bool fault = atomic_load(&control->fault_change) != faults;
        bool due = atomic_load(&control->manual_time) != 0
            && earpost_device_now(control) >= atomic_load(&wakeup->manual_deadline);
        if (fault || due)
            wakeup_signal(wakeup);
        if (fault)
            faults = atomic_load(&control->fault_change);
        if (!atomic_load(&wakeup->quit))
            control_wait(control, seen);
    }
    return NULL;
}

static int start_watcher(struct wakeup *wakeup)
{
    // The program's signals are for the program's threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    int error = pthread_create(&wakeup->watcher, &attributes, watch, wakeup);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

static void close_descriptors(struct wakeup *wakeup)
{
    if (wakeup->poll_fd >= 0)
        close(wakeup->poll_fd);
    if (wakeup->timer_fd >= 0)
        close(wakeup->timer_fd);
    if (wakeup->event_fd >= 0)
        close(wakeup->event_fd);
}

int wakeup_open(struct wakeup *wakeup, earpost_device_control *control)
{
    wakeup->control = control;
    atomic_store(&wakeup->quit, false);
    atomic_store(&wakeup->manual_deadline, INT64_MAX);
    wakeup->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    wakeup->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    wakeup->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event readable = { .events = EPOLLIN };
    int error = 0;
    if (wakeup->poll_fd < 0 || wakeup->timer_fd < 0 || wakeup->event_fd < 0
        || epoll_ctl(wakeup->poll_fd, EPOLL_CTL_ADD, wakeup->timer_fd, &readable) < 0
        || epoll_ctl(wakeup->poll_fd, EPOLL_CTL_ADD, wakeup->event_fd, &readable) < 0)
        error = -errno;
    if (error == 0)
        error = start_watcher(wakeup);
    if (error < 0)
        close_descriptors(wakeup);
    return error;
}

void wakeup_close(struct wakeup *wakeup)
{
    atomic_store(&wakeup->quit, true);
    control_announce(wakeup->control, false);
    pthread_join(wakeup->watcher, NULL);
    close_descriptors(wakeup);
}

void wakeup_signal(struct wakeup *wakeup)
{
    uint64_t one = 1;
    // Fails only when the counter is full, and then it is readable anyway.
    ssize_t written = write(wakeup->event_fd, &one, sizeof one);
    (void)written;
}

void wakeup_arm(struct wakeup *wakeup, int64_t deadline, uint32_t seen)
{
    uint64_t count;
    ssize_t drained = read(wakeup->event_fd, &count, sizeof count);
    (void)drained;

    earpost_device_control *control = wakeup->control;
    if (atomic_load(&control->manual_time) != 0) {
        atomic_store(&wakeup->manual_deadline, deadline);
        // The watcher looks at the deadline after the time has moved, this looks at the time after the
        // deadline has: one of the two sees the other.
        if (earpost_device_now(control) >= deadline)
            wakeup_signal(wakeup);
    } else {
        struct itimerspec timer = { 0 };
        if (deadline != INT64_MAX) {
            timer.it_value.tv_sec = deadline / 1000000000;
            timer.it_value.tv_nsec = deadline % 1000000000;
            // All zeros would disarm it.
            if (deadline <= 0)
                timer.it_value = (struct timespec) { .tv_nsec = 1 };
        }
        timerfd_settime(wakeup->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL);
    }
    if (atomic_load(&control->fault_change) != seen)
        wakeup_signal(wakeup);
}
