import COpus

/// Decodes raw Opus packets, one per call, keeping the codec's state between them.
///
/// Safe: the decoder lives exactly as long as this object. Runs on: one event loop.
@safe
final class OpusPacketDecoder {
    /// What was wrong with a packet, or with the wanted format: libopus' own (negative) error code.
    struct Failure: Error, Equatable {
        let code: Int32
    }

    /// The longest packet there is: 120 ms (RFC 6716 §3.2.5).
    private static let longestPacketMilliseconds = 120

    private let decoder: OpaquePointer
    private let channels: Int
    private let capacityFrames: Int

    /// - Parameters:
    ///   - sampleRate: 8000, 12000, 16000, 24000 or 48000 Hz.
    ///   - channels: 1 or 2.
    init(sampleRate: Int, channels: Int) throws(Failure) {
        var status: CInt = 0
        let created = unsafe opus_decoder_create(Int32(sampleRate), CInt(channels), &status)
        guard let created = unsafe created, status == OPUS_OK else { throw Failure(code: status) }
        unsafe self.decoder = created
        self.channels = channels
        self.capacityFrames = sampleRate * Self.longestPacketMilliseconds / 1000
    }

    deinit { unsafe opus_decoder_destroy(decoder) }

    /// The packet's interleaved samples.
    func decode(_ packet: [UInt8]) throws(Failure) -> [Int16] {
        var samples = [Int16](repeating: 0, count: capacityFrames * channels)
        let frames = unsafe opus_decode(
            decoder, packet, opus_int32(packet.count), &samples, CInt(capacityFrames), 0)
        guard frames >= 0 else { throw Failure(code: frames) }
        return Array(samples[..<(Int(frames) * channels)])
    }
}
