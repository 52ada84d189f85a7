#define _GNU_SOURCE
#include "CSys.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int csys_map_ring(int descriptor, size_t header_bytes, size_t bytes, void **memory) {
    // Reserve everything at once, then lay the file over it: header and data, and the data once more.
    size_t total = header_bytes + 2 * bytes;
    char *base = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return -errno;
    const int protection = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_FIXED | MAP_POPULATE;
    void *first = mmap(base, header_bytes + bytes, protection, flags, descriptor, 0);
    void *second = first == MAP_FAILED ? MAP_FAILED
                                       : mmap(base + header_bytes + bytes, bytes, protection, flags,
                                              descriptor, (off_t)header_bytes);
    if (second == MAP_FAILED) {
        int error = errno;
        munmap(base, total);
        return -error;
    }
    *memory = base;
    return 0;
}

int csys_map_twice(size_t bytes, void **memory) {
    int descriptor = memfd_create("earpost-ring", MFD_CLOEXEC);
    if (descriptor < 0) return -errno;
    int result = ftruncate(descriptor, (off_t)bytes) < 0 ? -errno : 0;
    if (result == 0) result = csys_map_ring(descriptor, 0, bytes, memory);
    close(descriptor);
    if (result == 0) memset(*memory, 0, bytes);
    return result;
}

void csys_unmap(void *memory, size_t bytes) { munmap(memory, bytes); }

int csys_lock_memory(void *memory, size_t bytes) {
#ifdef MLOCK_ONFAULT
    if (mlock2(memory, bytes, MLOCK_ONFAULT) == 0) return 0;
#endif
    return mlock(memory, bytes) == 0 ? 0 : -errno;
}

void csys_close(int descriptor) { close(descriptor); }

int csys_eventfd(void) {
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

void csys_eventfd_signal(int descriptor) {
    uint64_t one = 1;
    ssize_t ignored = write(descriptor, &one, sizeof one);
    (void)ignored;  // EAGAIN: the counter is full, which wakes as well
}

int csys_eventfd_clear(int descriptor) {
    uint64_t count;
    return read(descriptor, &count, sizeof count) == (ssize_t)sizeof count ? 1 : 0;
}

int csys_wait_readable(int descriptor, int milliseconds) {
    struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
    int ready = poll(&wanted, 1, milliseconds);
    if (ready < 0) return errno == EINTR ? 0 : -errno;
    return ready;
}

struct start {
    void (*body)(void *);
    void *argument;
    char name[16];
};

static void *run(void *memory) {
    struct start start = *(struct start *)memory;
    free(memory);
    pthread_setname_np(pthread_self(), start.name);
    start.body(start.argument);
    return NULL;
}

int csys_thread_start(const char *name, size_t stack_bytes, int priority, void (*body)(void *),
                      void *argument, uint64_t *thread, int *realtime) {
    struct start *start = calloc(1, sizeof *start);
    if (!start) return -ENOMEM;
    start->body = body;
    start->argument = argument;
    strncpy(start->name, name, sizeof start->name - 1);

    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack_bytes < (size_t)PTHREAD_STACK_MIN) stack_bytes = (size_t)PTHREAD_STACK_MIN;
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_t handle;
    int error = EPERM;
    *realtime = 0;
    if (priority > 0) {
        struct sched_param parameters = {.sched_priority = priority};
        pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
        pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
        pthread_attr_setschedparam(&attributes, &parameters);
        error = pthread_create(&handle, &attributes, run, start);
        *realtime = error == 0;
    }
    if (error == EPERM) {
        // Not allowed (LimitRTPRIO=, RestrictRealtime=): run all the same, with what the parent has.
        pthread_attr_setinheritsched(&attributes, PTHREAD_INHERIT_SCHED);
        error = pthread_create(&handle, &attributes, run, start);
    }
    pthread_attr_destroy(&attributes);
    if (error) {
        free(start);
        return -error;
    }
    *thread = (uint64_t)handle;
    return 0;
}

int csys_thread_join(uint64_t thread) { return -pthread_join((pthread_t)thread, NULL); }

int csys_thread_detach(uint64_t thread) { return -pthread_detach((pthread_t)thread); }

int csys_thread_id(void) { return (int)syscall(SYS_gettid); }

static int64_t read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t csys_monotonic(void) { return read_clock(CLOCK_MONOTONIC); }
int64_t csys_boottime(void) { return read_clock(CLOCK_BOOTTIME); }
int64_t csys_realtime(void) { return read_clock(CLOCK_REALTIME); }

int csys_notify(const char *path, const char *message, size_t bytes) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) return -EINVAL;
    memcpy(address.sun_path, path, length);
    if (address.sun_path[0] == '@') address.sun_path[0] = 0;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    // The address ends where the name ends: an abstract name has no closing zero.
    ssize_t sent = sendto(descriptor, message, bytes, MSG_NOSIGNAL, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    int error = sent < 0 ? errno : 0;
    close(descriptor);
    return -error;
}

int csys_signals(void) {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    int error = pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    if (error) return -error;
    int descriptor = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}
