#define _GNU_SOURCE
#include "air.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

/// 10.9 s at 48 kHz: more than any delay, so that a block is old before it is written again.
#define AIR_FRAMES (1u << 19)
#define BLOCK_FRAMES 64u
#define AIR_BLOCKS (AIR_FRAMES / BLOCK_FRAMES)

struct air {
    _Atomic uint32_t rate;
    _Atomic int64_t origin;
    /// Which 64 frames of the endless air a block holds, plus one; 0: none.
    _Atomic int64_t holds[AIR_BLOCKS];
    _Atomic int32_t samples[AIR_FRAMES];
};

struct air *air_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return NULL;
    void *map = MAP_FAILED;
    if (ftruncate(fd, sizeof(struct air)) == 0)
        map = mmap(NULL, sizeof(struct air), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int error = errno;
    close(fd);
    errno = error;
    return map == MAP_FAILED ? NULL : map;
}

void air_close(struct air *air)
{
    munmap(air, sizeof *air);
}

int air_join(struct air *air, unsigned rate, int64_t host)
{
    uint32_t none = 0;
    if (!atomic_compare_exchange_strong(&air->rate, &none, rate) && none != rate)
        return -EINVAL;
    int64_t unset = 0;
    atomic_compare_exchange_strong(&air->origin, &unset, host);
    return 0;
}

int64_t air_frame_at(const struct air *air, int64_t host)
{
    double since = (double)(host - atomic_load(&air->origin));
    return llround(since * atomic_load(&air->rate) * 1e-9);
}

void air_put(struct air *air, int64_t frame, int32_t sample)
{
    if (frame < 0)
        return;
    int64_t block = frame / BLOCK_FRAMES;
    unsigned slot = (unsigned)(block % AIR_BLOCKS);
    if (atomic_load(&air->holds[slot]) != block + 1) {
        for (unsigned i = 0; i < BLOCK_FRAMES; i++)
            atomic_store_explicit(&air->samples[slot * BLOCK_FRAMES + i], 0, memory_order_relaxed);
        atomic_store(&air->holds[slot], block + 1);
    }
    atomic_store_explicit(&air->samples[frame % AIR_FRAMES], sample, memory_order_relaxed);
}

int32_t air_get(const struct air *air, int64_t frame)
{
    if (frame < 0)
        return 0;
    int64_t block = frame / BLOCK_FRAMES;
    if (atomic_load(&air->holds[block % AIR_BLOCKS]) != block + 1)
        return 0;
    return atomic_load_explicit(&air->samples[frame % AIR_FRAMES], memory_order_relaxed);
}

int32_t air_get_between(const struct air *air, double frame)
{
    int64_t before = (int64_t)floor(frame);
    double fraction = frame - (double)before, first = air_get(air, before);
    return (int32_t)lrint(first + fraction * (air_get(air, before + 1) - first));
}
