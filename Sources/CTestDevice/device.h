// One open handle on the test device.
//
// Nothing moves data in the background. The hardware pointer is computed from the clock when libasound
// asks, samples are made or kept when libasound transfers them, each by its number in the stream; so a late
// caller sees exactly what a card would have done meanwhile.
#pragma once

#include "air.h"
#include "clock.h"
#include "options.h"
#include "script.h"
#include "sound_sink.h"
#include "sound_source.h"
#include "wakeup.h"

#include <alsa/pcm_external.h>

struct device {
    snd_pcm_ioplug_t io;
    earpost_device_control *control;
    enum direction direction;
    struct direction_counters *counters;
    struct wakeup wakeup;
    struct sound_source source;
    struct sound_sink sink;
    struct air *air;
    int64_t air_delay_us;
    double air_gain;
    struct script script;
    /// Held open while the stream is taken (exclusive); -1: not exclusive.
    int lock_fd;
    int log_fd;
    /// No pacing: there is always a period to read, and room to write.
    bool free_running;
    /// Data are looked for at period boundaries, as after an interrupt; otherwise at any frame.
    bool wakes_at_periods;
    /// The source goes on where the client stopped reading, not where the clock stands.
    bool source_waits;
    struct { long period_min, period_max, buffer_min, buffer_max; } limits;

    /// libasound takes its own lock around most callbacks, not around the poll callbacks.
    pthread_mutex_t lock;

    // What the stream is doing.
    bool running, prepared;
    /// Stopped by a fault; readable until it is prepared again.
    bool halted;
    /// Unplugged under this handle.
    bool dead;
    /// EARPOST_FAULT_BAD_STATE has happened.
    bool broken;
    bool io_error_pending;
    /// The last look at the control file's changes, faults and plug.
    uint32_t seen_change, seen_faults, plug_generation;

    /// Frames of this stream the hardware pointer has passed, since it was prepared.
    int64_t position;
    /// The device's frame count at stream position 0 (clock.h).
    int64_t origin;
    /// The source's frame at stream position 0, and the frame it goes on with when `source_waits`.
    int64_t source_origin, source_next;
    /// The line the air was measured along: stream position `air_position` is air frame `air_frame`.
    struct clock_line air_line;
    int64_t air_position;
    double air_frame;
    /// Client frames already counted.
    int64_t counted;

    snd_pcm_uframes_t avail_min, stop_threshold;
    /// What the wake-up is armed for.
    int64_t armed_client, jitter_target, jitter_ns;
    unsigned random;
    /// When the blocking call that waits now began; 0: none.
    int64_t wait_began;
};

#pragma GCC visibility push(hidden)

extern const snd_pcm_ioplug_callback_t device_callbacks;

/// Frees everything a handle holds. Its wake-up is closed already.
void device_free(struct device *device);
void device_log(struct device *device, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The functions below are called with the handle's lock held.

// MARK: position.c

/// Where the hardware pointer is now, not looking at faults.
int64_t position_now(const struct device *device);
/// Moves the hardware pointer to `position`: counts the frames, plays them.
void position_advance(struct device *device, int64_t position);
/// The stream begins: aligns it with the clock, the source and the air.
int position_begin(struct device *device);
/// Frames the client took or gave since the last time.
void position_count_client(struct device *device);

// MARK: faults.c

/// Whether the device is gone for this handle.
bool faults_check_plug(struct device *device);
/// Moves the hardware pointer to the present and lets happen what is due on the way. -EPIPE: an xrun.
int faults_advance(struct device *device);

// MARK: readiness.c

/// Available frames from which a client that has reached `client` is woken.
int64_t readiness_minimum(const struct device *device, int64_t client);
/// The limit of a blocking call begins to count.
void readiness_begin_wait(struct device *device);
/// Makes the poll descriptor tell when the client, having reached `client`, can go on.
void readiness_arm(struct device *device, int64_t client);
/// Whether a blocking call has waited as long as the kernel lets it.
bool readiness_timed_out(struct device *device);

// MARK: transfer.c

void transfer_capture(struct device *device, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
                      snd_pcm_uframes_t frames);
void transfer_playback(struct device *device, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
                       snd_pcm_uframes_t frames);
/// What was written before the start is in the air from the start on.
void transfer_prefilled(struct device *device);
/// What was written and never played is not in the air.
void transfer_forget_unplayed(struct device *device);

#pragma GCC visibility pop
