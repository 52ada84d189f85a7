#define _GNU_SOURCE
#include "sound_sink.h"
#include "sample.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

int sound_sink_open(struct sound_sink *sink, const char *path)
{
    *sink = (struct sound_sink) { .fd = -1 };
    if (path == NULL || *path == '\0')
        return 0;
    size_t length = strlen(path);
    sink->is_wave = length >= 4 && strcasecmp(path + length - 4, ".wav") == 0;
    sink->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (sink->fd < 0) {
        int error = -errno;
        SNDERR("earpost device: outfile %s: %s", path, strerror(-error));
        return error;
    }
    return 0;
}

void sound_sink_close(struct sound_sink *sink)
{
    if (sink->fd >= 0)
        close(sink->fd);
    free(sink->ring);
    sink->fd = -1;
    sink->ring = NULL;
}

/// A write that fails (a full disk) loses what the file should have shown, never the stream.
static void write_at(int fd, const void *bytes, size_t count, size_t offset)
{
    const uint8_t *from = bytes;
    while (count > 0) {
        ssize_t written = pwrite(fd, from, count, (off_t)offset);
        if (written <= 0)
            return;
        from += written;
        offset += (size_t)written;
        count -= (size_t)written;
    }
}

static void write_header(struct sound_sink *sink)
{
    uint8_t header[WAVE_HEADER_BYTES];
    wave_header(header, &sink->wave);
    write_at(sink->fd, header, sizeof header, 0);
}

/// Continues the file there is, if it is of the same format.
static void find_end(struct sound_sink *sink)
{
    struct stat status;
    size_t size = fstat(sink->fd, &status) == 0 ? (size_t)status.st_size : 0;
    if (!sink->is_wave) {
        sink->wave.data_bytes = size - size % sink->frame_bytes;
        return;
    }
    sink->wave.data_offset = WAVE_HEADER_BYTES;
    uint8_t header[WAVE_HEADER_BYTES];
    struct wave_format there;
    bool same = pread(sink->fd, header, sizeof header, 0) == (ssize_t)sizeof header
        && wave_parse(header, sizeof header, &there) == 0 && there.format == sink->wave.format
        && there.channels == sink->wave.channels && there.rate == sink->wave.rate;
    if (same) {
        sink->wave.data_bytes = size - WAVE_HEADER_BYTES;
        return;
    }
    if (ftruncate(sink->fd, 0) == 0)
        write_header(sink);
}

int sound_sink_configure(struct sound_sink *sink, const snd_pcm_ioplug_t *io)
{
    bool packs = sink->is_wave && io->format == SND_PCM_FORMAT_S24_LE;
    sink->stream_format = io->format;
    sink->wave = (struct wave_format) {
        .format = packs ? SND_PCM_FORMAT_S24_3LE : io->format,
        .channels = io->channels,
        .rate = io->rate,
    };
    sink->frame_bytes = (size_t)snd_pcm_format_physical_width(sink->wave.format) / 8 * io->channels;
    sink->ring_frames = io->buffer_size;
    free(sink->ring);
    sink->ring = calloc(io->buffer_size, sink->frame_bytes);
    if (sink->ring == NULL)
        return -ENOMEM;
    if (sink->fd >= 0)
        find_end(sink);
    return 0;
}

void sound_sink_store(struct sound_sink *sink, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
                      int64_t position, snd_pcm_uframes_t frames)
{
    if (sink->ring == NULL)
        return;
    size_t width = sink->frame_bytes / sink->wave.channels;
    for (snd_pcm_uframes_t i = 0; i < frames; i++) {
        uint8_t *to = sink->ring + ((snd_pcm_uframes_t)position + i) % sink->ring_frames * sink->frame_bytes;
        for (unsigned channel = 0; channel < sink->wave.channels; channel++, to += width) {
            const void *from = sample_address(areas, channel, offset + i);
            if (sink->wave.format == sink->stream_format)
                memcpy(to, from, width);
            else
                sample_put(to, sink->wave.format, sample_get(from, sink->stream_format));
        }
    }
}

int32_t sound_sink_stored(const struct sound_sink *sink, int64_t position)
{
    const uint8_t *frame = sink->ring + (snd_pcm_uframes_t)position % sink->ring_frames * sink->frame_bytes;
    return sample_get(frame, sink->wave.format);
}

static void append(struct sound_sink *sink, const uint8_t *bytes, size_t count)
{
    write_at(sink->fd, bytes, count, sink->wave.data_offset + sink->wave.data_bytes);
    sink->wave.data_bytes += count;
}

void sound_sink_play(struct sound_sink *sink, int64_t from, int64_t to, int64_t written)
{
    if (sink->fd < 0 || sink->ring == NULL)
        return;
    while (from < to) {
        snd_pcm_uframes_t at = (snd_pcm_uframes_t)from % sink->ring_frames;
        int64_t run = (int64_t)(sink->ring_frames - at), sounding = written - from;
        if (run > to - from)
            run = to - from;
        uint8_t *bytes = sink->ring + at * sink->frame_bytes;
        if (sounding > 0 && run > sounding)
            run = sounding;
        if (sounding <= 0)
            memset(bytes, 0, (size_t)run * sink->frame_bytes);
        append(sink, bytes, (size_t)run * sink->frame_bytes);
        from += run;
    }
    if (sink->is_wave)
        write_header(sink);
}
