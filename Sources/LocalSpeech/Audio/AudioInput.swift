/// The audio side of one listen connection: bytes as they come in, samples per recognised channel out.
///
/// Keeps what `Metadata` tells at the end: the duration and the SHA-256 of the bytes received. Runs on: one
/// event loop.
struct AudioInput {
    /// Audio that cannot be decoded; the connection ends with DATA-0000.
    struct Undecodable: Error, Equatable {
        /// What was wrong, for the log.
        let detail: String
    }

    /// Frames per second.
    let sampleRate: Int
    /// How many channels get transcripts of their own: all of them with `multichannel=true`, else one.
    let outputChannels: Int

    /// Frames received on this connection.
    private(set) var frames = 0
    /// Audio messages received.
    private(set) var messages = 0
    private(set) var digest = SHA256Digest()

    private let channels: Int
    private let decoder: OpusPacketDecoder?
    private var carried: [UInt8] = []

    init(_ parameters: ListenParameters) throws(Undecodable) {
        sampleRate = parameters.sampleRate
        channels = parameters.channels
        outputChannels = parameters.multichannel ? parameters.channels : 1
        switch parameters.encoding {
        case .linear16: decoder = nil
        case .opus:
            do {
                decoder = try OpusPacketDecoder(
                    sampleRate: parameters.sampleRate, channels: parameters.channels)
            } catch {
                throw Undecodable(detail: "libopus refused the format: error \(error.code)")
            }
        }
    }

    /// Seconds of audio received on this connection: the clock of every `start`.
    var seconds: Double { Double(frames) / Double(sampleRate) }

    /// Takes one audio message and returns its samples, one array per recognised channel.
    ///
    /// `linear16` is a byte stream: a sample or frame cut in two by a message boundary is carried over. An
    /// Opus message is exactly one packet.
    mutating func receive(_ message: [UInt8]) throws(Undecodable) -> [[Int16]] {
        messages += 1
        digest.update(message)
        let interleaved: [Int16]
        if let decoder {
            if message.starts(with: Array("OggS".utf8)) || message.starts(with: Array("OpusHead".utf8)) {
                throw Undecodable(detail: "encoding=opus means raw packets, but a container arrived")
            }
            do {
                interleaved = try decoder.decode(message)
            } catch {
                throw Undecodable(detail: "not an Opus packet: libopus error \(error.code)")
            }
        } else {
            let bytes = carried + message
            let whole = bytes.count - bytes.count % (2 * channels)
            carried = Array(bytes[whole...])
            interleaved = PCM.samples(littleEndian: bytes[..<whole])
        }
        frames += interleaved.count / channels
        return split(interleaved)
    }

    private func split(_ interleaved: [Int16]) -> [[Int16]] {
        guard channels > 1 else { return [interleaved] }
        let count = interleaved.count / channels
        if outputChannels == 1 {
            return [
                (0..<count).map { frame in
                    var sum = 0
                    for channel in 0..<channels { sum += Int(interleaved[frame * channels + channel]) }
                    return Int16(clamping: sum / channels)
                }
            ]
        }
        return (0..<channels).map { channel in
            (0..<count).map { interleaved[$0 * channels + channel] }
        }
    }
}
