// libasound as Swift can see it: the library's own header, and shims for what cannot be imported.
#pragma once
#include <alsa/asoundlib.h>
#include <poll.h>
#include <stdint.h>
#include <time.h>

/// Sends what libasound would print on stderr to a bounded buffer per thread instead. Once for the process;
/// may be called any number of times, from any thread.
void calsa_keep_messages(void);

/// The last message libasound had for this thread, empty if none since `calsa_forget_message`. Valid until
/// the next call into libasound on this thread.
const char *calsa_last_message(void);

/// Empties this thread's message buffer.
void calsa_forget_message(void);

/// Waits for a device. Returns poll's answer (0 = the time was over), or a negative errno; fills `revents`
/// with the device's own translation of the events when something happened. A signal counts as an empty wake.
static inline int calsa_wait(
    snd_pcm_t *pcm, struct pollfd *fds, unsigned int count, int milliseconds, unsigned short *revents)
{
    *revents = 0;
    int ready = poll(fds, count, milliseconds);
    if (ready < 0) return errno == EINTR ? 1 : -errno;
    if (ready == 0) return 0;
    int translated = snd_pcm_poll_descriptors_revents(pcm, fds, count, revents);
    return translated < 0 ? translated : ready;
}

/// Frames transferable now and the instant the device stamped that count at, in nanoseconds of the device's
/// clock; 0 where it has no stamp. Negative errno when the device is in trouble.
static inline int calsa_timestamp(snd_pcm_t *pcm, long *frames, int64_t *nanoseconds)
{
    snd_pcm_uframes_t available = 0;
    snd_htimestamp_t stamp = {0, 0};
    int code = snd_pcm_htimestamp(pcm, &available, &stamp);
    *frames = (long)available;
    *nanoseconds = (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
    return code;
}

/// When the device last started or stopped, in nanoseconds of the device's clock; 0 where it does not say.
static inline int64_t calsa_trigger_time(snd_pcm_t *pcm, snd_pcm_status_t *status)
{
    if (snd_pcm_status(pcm, status) < 0) return 0;
    snd_htimestamp_t stamp = {0, 0};
    snd_pcm_status_get_trigger_htstamp(status, &stamp);
    return (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
}

/// `clock` now, in nanoseconds.
static inline int64_t calsa_now(clockid_t clock)
{
    struct timespec now = {0, 0};
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
