import Audio
import COpus

/// Makes one Opus packet of every 20 ms of mono sound.
///
/// Allocates its state (some 45 kB) when made and nothing afterwards. Used by one thread at a time.
@safe
package struct PacketEncoder: ~Copyable {
    /// No packet of 20 ms is longer, in bytes: one byte of contents and a frame of 1 275 (RFC 6716, section
    /// 3).
    package static let packetBytesMax = 1_276

    package let rate: SampleRate
    package let settings: EncoderSettings
    /// What each packet holds, 20 ms: 320 frames at 16 kHz.
    package let framesPerPacket: FrameCount
    /// The codec's delay: decoded sound comes this many frames of `rate` late, 104 at 16 kHz in `voip`.
    ///
    /// To hear the last frame of a stream, encode as many frames of silence after it.
    package let lookahead: FrameCount
    private let state: OpaquePointer

    /// An encoder that has heard nothing yet.
    ///
    /// `rate` is one of `OpusRate.supported`.
    package init(rate: SampleRate, settings: EncoderSettings = EncoderSettings()) throws(OpusError) {
        try settings.validate()
        let state = unsafe try Self.makeState(rate: rate, settings: settings)
        self.rate = rate
        self.settings = settings
        self.framesPerPacket = rate.frames(inMilliseconds: 20)
        self.lookahead = unsafe FrameCount(Int(state.lookahead))
        unsafe self.state = state.encoder
    }

    deinit { unsafe opus_encoder_destroy(state) }

    /// Encodes `samples`, exactly `framesPerPacket` of them, to the start of `packet` and returns the
    /// packet's length in bytes, at least 1.
    ///
    /// RT-safe. Wait-free: some 0.1 ms of computing on a desktop core, ten times that on a small board.
    /// Runs on: the thread that owns the encoder. It needs 48 kB of stack for this.
    /// `packet` holds `packetBytesMax` bytes or more, so that its size never limits the quality.
    @_noAllocation @_noLocks
    package mutating func encode(
        _ samples: Span<Int16>, into packet: inout MutableSpan<UInt8>
    ) throws(OpusError) -> Int {
        let (frames, encoder) = unsafe (Int(framesPerPacket.value), state)
        let (count, capacity) = (samples.count, packet.count)
        precondition(count == frames, "a packet holds 20 ms")
        precondition(capacity >= Self.packetBytesMax, "the buffer holds any packet")
        // The checker refuses closures that capture. A span's address holds as long as the span, to this
        // function's end.
        let source = unsafe samples.withUnsafeBufferPointer { $0.baseAddress }
        let target = unsafe packet.withUnsafeMutableBufferPointer { $0.baseAddress }
        guard let source = unsafe source, let target = unsafe target else { throw .bufferTooSmall }
        let length = unsafe _unsafePerformance {
            unsafe opus_encode(encoder, source, Int32(frames), target, Int32(Self.packetBytesMax))
        }
        guard length > 0 else { throw OpusError(.encode, code: length) }
        return Int(length)
    }

    /// Forgets all sound heard: the next packet begins a new stream. The settings stay.
    ///
    /// RT-safe. Wait-free: clears the state.
    @_noAllocation @_noLocks
    package mutating func reset() {
        let encoder = unsafe state
        let code = unsafe _unsafePerformance { unsafe copus_encoder_reset(encoder) }
        precondition(code == OPUS_OK, "a live encoder can be reset")
    }

    private static func makeState(
        rate: SampleRate, settings: EncoderSettings
    ) throws(OpusError) -> (encoder: OpaquePointer, lookahead: Int32) {
        let hertz = try OpusRate.hertz(of: rate)
        var code = OPUS_OK
        let encoder = unsafe opus_encoder_create(hertz, 1, settings.application.libraryValue, &code)
        guard let encoder = unsafe encoder else { throw OpusError(.create, code: code) }
        let requests = [
            (OPUS_SET_BITRATE_REQUEST, Int32(settings.bitrate)),
            (OPUS_SET_COMPLEXITY_REQUEST, Int32(settings.complexity)),
            (OPUS_SET_SIGNAL_REQUEST, OPUS_SIGNAL_VOICE),
            (OPUS_SET_VBR_REQUEST, 1),
            (OPUS_SET_DTX_REQUEST, 0),
            (OPUS_SET_INBAND_FEC_REQUEST, 0),
        ]
        for (request, value) in requests where code == OPUS_OK {
            code = unsafe copus_encoder_set(encoder, request, value)
        }
        var lookahead: Int32 = 0
        if code == OPUS_OK {
            code = unsafe copus_encoder_get(encoder, OPUS_GET_LOOKAHEAD_REQUEST, &lookahead)
        }
        guard code == OPUS_OK else {
            unsafe opus_encoder_destroy(encoder)
            throw OpusError(.configure, code: code)
        }
        return unsafe (encoder, lookahead)
    }
}
