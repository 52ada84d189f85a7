#include "wave_file.h"

#include <errno.h>
#include <string.h>

enum { TAG_INTEGER = 1, TAG_FLOAT = 3, TAG_EXTENSIBLE = 0xfffe };

static uint32_t read_u32(const uint8_t *from)
{
    uint32_t value;
    memcpy(&value, from, 4);
    return value;
}

static uint16_t read_u16(const uint8_t *from)
{
    uint16_t value;
    memcpy(&value, from, 2);
    return value;
}

int wave_is(const uint8_t *bytes, size_t count)
{
    return count >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WAVE", 4) == 0;
}

static int parse_format(const uint8_t *chunk, size_t bytes, struct wave_format *wave)
{
    if (bytes < 16)
        return -EINVAL;
    uint16_t tag = read_u16(chunk), bits = read_u16(chunk + 14);
    // The extensible form names the real tag in the first two bytes of its GUID.
    if (tag == TAG_EXTENSIBLE && bytes >= 26)
        tag = read_u16(chunk + 24);
    wave->channels = read_u16(chunk + 2);
    wave->rate = read_u32(chunk + 4);
    wave->format = tag == TAG_INTEGER && bits == 16 ? SND_PCM_FORMAT_S16_LE
        : tag == TAG_INTEGER && bits == 24          ? SND_PCM_FORMAT_S24_3LE
        : tag == TAG_INTEGER && bits == 32          ? SND_PCM_FORMAT_S32_LE
        : tag == TAG_FLOAT && bits == 32            ? SND_PCM_FORMAT_FLOAT_LE
                                                    : SND_PCM_FORMAT_UNKNOWN;
    return wave->format == SND_PCM_FORMAT_UNKNOWN || wave->channels == 0 || wave->rate == 0 ? -EINVAL : 0;
}

int wave_parse(const uint8_t *bytes, size_t count, struct wave_format *wave)
{
    if (!wave_is(bytes, count))
        return -EINVAL;
    int has_format = 0;
    for (size_t at = 12; at + 8 <= count;) {
        size_t length = read_u32(bytes + at + 4), body = at + 8, rest = count - body;
        if (memcmp(bytes + at, "fmt ", 4) == 0) {
            if (length > rest || parse_format(bytes + body, length, wave) < 0)
                return -EINVAL;
            has_format = 1;
        } else if (memcmp(bytes + at, "data", 4) == 0) {
            wave->data_offset = body;
            wave->data_bytes = length < rest ? length : rest;
            return has_format ? 0 : -EINVAL;
        }
        if (length > rest)
            break;
        // Chunks are padded to an even length.
        at = body + length + (length & 1);
    }
    return -EINVAL;
}

void wave_header(uint8_t header[WAVE_HEADER_BYTES], const struct wave_format *wave)
{
    // A size field that cannot hold more stays full; players then read to the end of the file.
    uint32_t data = wave->data_bytes > UINT32_MAX - 36 ? UINT32_MAX - 36 : (uint32_t)wave->data_bytes;
    uint16_t sample_bytes = (uint16_t)(snd_pcm_format_physical_width(wave->format) / 8);
    struct {
        char riff[4];
        uint32_t riff_bytes;
        char wave[4], fmt[4];
        uint32_t fmt_bytes;
        uint16_t tag, channels;
        uint32_t rate, bytes_per_second;
        uint16_t frame_bytes, bits;
        char data[4];
        uint32_t data_bytes;
    } fields = {
        .riff = { 'R', 'I', 'F', 'F' },
        .riff_bytes = 36 + data,
        .wave = { 'W', 'A', 'V', 'E' },
        .fmt = { 'f', 'm', 't', ' ' },
        .fmt_bytes = 16,
        .tag = wave->format == SND_PCM_FORMAT_FLOAT_LE ? TAG_FLOAT : TAG_INTEGER,
        .channels = (uint16_t)wave->channels,
        .rate = wave->rate,
        .bytes_per_second = wave->rate * wave->channels * sample_bytes,
        .frame_bytes = (uint16_t)(wave->channels * sample_bytes),
        .bits = (uint16_t)(sample_bytes * 8),
        .data = { 'd', 'a', 't', 'a' },
        .data_bytes = data,
    };
    _Static_assert(sizeof fields == WAVE_HEADER_BYTES, "the header has no padding");
    memcpy(header, &fields, sizeof fields);
}
