import COpus

/// Why an encoder or decoder could not be made, or a packet not be handled.
package enum OpusError: Error, Equatable {
    /// Opus runs at 8, 12, 16, 24 or 48 kHz only, not at this many hertz. Resample to one of them.
    case rateUnsupported(hertz: Int)
    /// Choose a bitrate within `EncoderSettings.bitrates`.
    case bitrateOutOfRange(bitsPerSecond: Int)
    /// Choose a complexity within `EncoderSettings.complexities`.
    case complexityOutOfRange(Int)
    /// The codec's state could not be allocated. Try again when memory is free.
    case outOfMemory
    /// These bytes are no Opus packet, or one longer than 120 ms. Drop the packet; the decoder goes on.
    case packetInvalid
    /// The samples in the packet do not fit the caller's buffer. Pass `PacketDecoder.framesPerPacketMax`.
    case bufferTooSmall
    /// libopus refused the call with this code of `opus_defines.h`. Make a new encoder or decoder.
    case failed(Operation, code: Int32)

    /// What libopus was asked to do.
    package enum Operation: String, Sendable {
        case create = "opus_create"
        case configure = "opus_ctl"
        case encode = "opus_encode"
        case decode = "opus_decode"
    }

    /// The error of `operation` that libopus reports as `code`, a negative number. RT-safe.
    @_noAllocation @_noLocks
    init(_ operation: Operation, code: Int32) {
        if code == OPUS_ALLOC_FAIL {
            self = .outOfMemory
        } else if code == OPUS_INVALID_PACKET {
            self = .packetInvalid
        } else if code == OPUS_BUFFER_TOO_SMALL {
            self = .bufferTooSmall
        } else {
            self = .failed(operation, code: code)
        }
    }
}
