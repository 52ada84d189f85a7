// The Linux calls that Swift's Glibc module leaves out (it is not compiled with _GNU_SOURCE), and threads
// with a scheduling policy. Every function returns 0 or a non-negative result, or -errno.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Shared memory of `bytes` (a multiple of the page size) mapped twice, back to back: byte i and byte
// i + bytes are the same byte, so that every region of at most `bytes` is contiguous (memfd_create(2),
// mmap(2)). The pages are touched. Returns the first mapping in *memory.
int csys_map_twice(size_t bytes, void *_Nullable *_Nonnull memory);
// The same of a file: its first `header_bytes` (a multiple of the page size, or 0) once, and right behind
// them the `bytes` that follow in the file, twice. The file must be as long. Returns the header's place.
int csys_map_ring(int descriptor, size_t header_bytes, size_t bytes, void *_Nullable *_Nonnull memory);
// munmap(2).
void csys_unmap(void *_Nonnull memory, size_t bytes);

// Locks and pre-touches `bytes` at `memory` (mlock2(2) with MLOCK_ONFAULT); -ENOMEM or -EPERM above the
// process's RLIMIT_MEMLOCK.
int csys_lock_memory(void *_Nonnull memory, size_t bytes);

// close(2).
void csys_close(int descriptor);

// eventfd(2), non-blocking, close-on-exec.
int csys_eventfd(void);
// Adds one to the counter: one write(2), no lock, no allocation. A full counter is as good as a signal.
void csys_eventfd_signal(int descriptor);
// Sets the counter back to zero; returns 1 if it was above zero.
int csys_eventfd_clear(int descriptor);

// poll(2) for readability of one descriptor; 1 readable, 0 timed out; milliseconds < 0 waits for ever.
int csys_wait_readable(int descriptor, int milliseconds);

// Starts a joinable thread with a stack of `stack_bytes`. `priority` > 0 asks for SCHED_FIFO at that
// priority; where that is refused (EPERM), the thread starts with ordinary scheduling and *realtime is 0.
// `name` is cut at 15 bytes (pthread_setname_np(3)).
int csys_thread_start(const char *_Nonnull name, size_t stack_bytes, int priority,
                      void (*_Nonnull body)(void *_Nonnull) __attribute__((swift_attr("@Sendable"))),
                      void *_Nonnull argument, uint64_t *_Nonnull thread, int *_Nonnull realtime);
int csys_thread_join(uint64_t thread);
int csys_thread_detach(uint64_t thread);
// The calling thread's kernel id (gettid(2)).
int csys_thread_id(void);

// CLOCK_MONOTONIC, CLOCK_BOOTTIME and CLOCK_REALTIME in nanoseconds.
int64_t csys_monotonic(void);
int64_t csys_boottime(void);
int64_t csys_realtime(void);

// One datagram to the AF_UNIX socket at `path` (a leading '@' names the abstract namespace): sd_notify(3).
int csys_notify(const char *_Nonnull path, const char *_Nonnull message, size_t bytes);

// A descriptor that becomes readable when one of SIGTERM, SIGINT or SIGHUP arrives (signalfd(2)); they
// are blocked for this and later threads. Call before the first thread starts. SIGPIPE is ignored.
int csys_signals(void);
