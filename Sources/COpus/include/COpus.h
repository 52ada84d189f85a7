#pragma once
#include <opus/opus.h>

/* Swift imports no variadic function: these are opus_encoder_ctl and opus_decoder_ctl, one for each shape of
   request. `request` is an OPUS_…_REQUEST constant; the result is an OPUS_… error code. */

/** A request that takes one integer, such as OPUS_SET_BITRATE_REQUEST. */
static inline int copus_encoder_set(OpusEncoder *encoder, int request, opus_int32 value) {
    return opus_encoder_ctl(encoder, request, value);
}

/** A request that answers with one integer, such as OPUS_GET_LOOKAHEAD_REQUEST. */
static inline int copus_encoder_get(OpusEncoder *encoder, int request, opus_int32 *value) {
    return opus_encoder_ctl(encoder, request, value);
}

/** Forgets all audio seen so far; the settings stay. */
static inline int copus_encoder_reset(OpusEncoder *encoder) {
    return opus_encoder_ctl(encoder, OPUS_RESET_STATE);
}

/** Forgets all audio seen so far; the settings stay. */
static inline int copus_decoder_reset(OpusDecoder *decoder) {
    return opus_decoder_ctl(decoder, OPUS_RESET_STATE);
}
