import Audio
import COpus

/// Makes mono sound of Opus packets, whoever encoded them.
///
/// Allocates its state when made and nothing afterwards. Used by one thread at a time.
@safe
package struct PacketDecoder: ~Copyable {
    package let rate: SampleRate
    /// What the longest packet holds, 120 ms: 1 920 frames at 16 kHz.
    package let framesPerPacketMax: FrameCount
    private let state: OpaquePointer

    /// A decoder that has heard nothing yet.
    ///
    /// `rate` is one of `OpusRate.supported`; it need not be the encoder's.
    package init(rate: SampleRate) throws(OpusError) {
        let hertz = try OpusRate.hertz(of: rate)
        var code = OPUS_OK
        guard let state = unsafe opus_decoder_create(hertz, 1, &code) else {
            throw OpusError(.create, code: code)
        }
        self.rate = rate
        self.framesPerPacketMax = rate.frames(inMilliseconds: 120)
        unsafe self.state = state
    }

    deinit { unsafe opus_decoder_destroy(state) }

    /// Decodes `packet` to the start of `samples` and returns how many frames it held.
    ///
    /// RT-safe. Wait-free: less than a packet's encoding takes.
    /// Runs on: the thread that owns the decoder.
    /// `samples` holds `framesPerPacketMax`, or `bufferTooSmall` is thrown for packets longer than it.
    /// An empty, malformed or overlong packet is `packetInvalid`; stereo packets are mixed to mono.
    @_noAllocation @_noLocks
    package mutating func decode(
        _ packet: Span<UInt8>, into samples: inout MutableSpan<Int16>
    ) throws(OpusError) -> Int {
        // libopus takes an empty packet for a lost one and would invent sound.
        guard !packet.isEmpty, packet.count <= Int(Int32.max) else { throw .packetInvalid }
        let (decoder, length) = unsafe (state, Int32(packet.count))
        let capacity = Int32(min(samples.count, Int(framesPerPacketMax.value)))
        // The checker refuses closures that capture. A span's address holds as long as the span, to this
        // function's end.
        let source = unsafe packet.withUnsafeBufferPointer { $0.baseAddress }
        let target = unsafe samples.withUnsafeMutableBufferPointer { $0.baseAddress }
        guard let target = unsafe target else { throw .bufferTooSmall }
        let frames = unsafe _unsafePerformance {
            unsafe opus_decode(decoder, source, length, target, capacity, 0)
        }
        guard frames >= 0 else { throw OpusError(.decode, code: frames) }
        return Int(frames)
    }

    /// Forgets all sound heard: the next packet begins a new stream.
    ///
    /// RT-safe. Wait-free: clears the state.
    @_noAllocation @_noLocks
    package mutating func reset() {
        let decoder = unsafe state
        let code = unsafe _unsafePerformance { unsafe copus_decoder_reset(decoder) }
        precondition(code == OPUS_OK, "a live decoder can be reset")
    }
}
