#define _GNU_SOURCE
#include "sound_source.h"
#include "CTestDevice.h"
#include "sample.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int map_file(struct sound_source *source, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct stat status;
    void *map = MAP_FAILED;
    if (fstat(fd, &status) == 0) {
        source->map_bytes = (size_t)status.st_size;
        map = mmap(NULL, source->map_bytes == 0 ? 1 : source->map_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    int error = errno;
    close(fd);
    if (map == MAP_FAILED)
        return -error;
    source->map = map;
    return 0;
}

static int open_file(struct sound_source *source, const char *path)
{
    int error = map_file(source, path);
    if (error < 0)
        return error;
    const uint8_t *bytes = source->map;
    if (wave_is(bytes, source->map_bytes)) {
        error = wave_parse(bytes, source->map_bytes, &source->wave);
        if (error < 0)
            return error;
        source->rate_is_given = true;
    } else {
        source->wave = (struct wave_format) {
            .format = SND_PCM_FORMAT_S16_LE,
            .channels = 1,
            .data_bytes = source->map_bytes,
        };
    }
    unsigned width = (unsigned)snd_pcm_format_physical_width(source->wave.format) / 8;
    source->samples = bytes + source->wave.data_offset;
    source->frames = (int64_t)(source->wave.data_bytes / (width * source->wave.channels));
    source->kind = SOURCE_FILE;
    return 0;
}

int sound_source_open(struct sound_source *source, const struct device_options *options)
{
    *source = (struct sound_source) { .kind = SOURCE_SILENCE, .repeats = options->loopin };
    if (options->source != NULL && strcmp(options->source, "ramp") == 0)
        source->kind = SOURCE_RAMP;
    if (options->infile == NULL || *options->infile == '\0')
        return 0;
    int error = open_file(source, options->infile);
    if (error < 0) {
        SNDERR("earpost device: infile %s: %s", options->infile, strerror(-error));
        sound_source_close(source);
    }
    return error;
}

void sound_source_close(struct sound_source *source)
{
    if (source->map != NULL)
        munmap(source->map, source->map_bytes == 0 ? 1 : source->map_bytes);
    source->map = NULL;
}

static int32_t file_sample(const struct sound_source *source, int64_t frame, unsigned channel)
{
    unsigned channels = source->wave.channels;
    if (frame < 0 || source->frames == 0)
        return 0;
    if (frame >= source->frames) {
        if (!source->repeats)
            return 0;
        frame %= source->frames;
    }
    if (channels == 1)
        channel = 0;
    if (channel >= channels)
        return 0;
    size_t width = (size_t)snd_pcm_format_physical_width(source->wave.format) / 8;
    size_t sample = (size_t)frame * channels + channel;
    return sample_get(source->samples + sample * width, source->wave.format);
}

int32_t sound_source_sample(const struct sound_source *source, int64_t frame, unsigned channel,
                            unsigned bits)
{
    switch (source->kind) {
    case SOURCE_RAMP:
        return (int32_t)((uint32_t)earpost_device_ramp(frame, channel, bits) << (32 - bits));
    case SOURCE_FILE:
        return file_sample(source, frame, channel);
    case SOURCE_SILENCE:
        break;
    }
    return 0;
}
