/// 16-bit PCM audio as a RIFF/WAVE file: what speech engines take and give.
package struct WAVFile: Equatable, Sendable {
    /// Interleaved samples.
    package var samples: [Int16]
    /// Frames per second.
    package var sampleRate: Int
    /// Samples per frame.
    package var channels: Int

    package init(samples: [Int16], sampleRate: Int, channels: Int) {
        self.samples = samples
        self.sampleRate = sampleRate
        self.channels = channels
    }

    /// Reads a WAV file. A `data` length that runs past the end (a program that wrote to a pipe) means "to
    /// the end".
    ///
    /// - Returns: `nil` unless the bytes are RIFF/WAVE with 16-bit PCM.
    package init?(bytes: [UInt8]) {
        func word(_ at: Int) -> Int { Int(bytes[at]) | Int(bytes[at + 1]) << 8 }
        func long(_ at: Int) -> Int { word(at) | word(at + 2) << 16 }
        func tag(_ at: Int) -> String { String(decoding: bytes[at..<at + 4], as: UTF8.self) }
        guard bytes.count >= 12, tag(0) == "RIFF", tag(8) == "WAVE" else { return nil }

        var format: (rate: Int, channels: Int)?
        var at = 12
        while at + 8 <= bytes.count {
            let body = at + 8
            let length = long(at + 4)
            if tag(at) == "fmt " {
                guard length >= 16, body + 16 <= bytes.count else { return nil }
                // 1 is PCM, 0xfffe is WAVE_FORMAT_EXTENSIBLE.
                guard word(body) == 1 || word(body) == 0xfffe, word(body + 14) == 16 else { return nil }
                format = (long(body + 4), word(body + 2))
            } else if tag(at) == "data" {
                guard let format, format.rate > 0, format.channels > 0 else { return nil }
                let end = min(bytes.count, body + length)
                self.init(
                    samples: PCM.samples(littleEndian: bytes[body..<end]),
                    sampleRate: format.rate, channels: format.channels)
                return
            }
            at = body + length + length % 2
        }
        return nil
    }

    /// The whole file.
    package func bytes() -> [UInt8] {
        Self.header(sampleRate: sampleRate, channels: channels, dataBytes: samples.count * 2)
            + PCM.bytes(littleEndian: samples)
    }

    /// The first channel alone.
    package func firstChannel() -> [Int16] {
        guard channels > 1 else { return samples }
        return stride(from: 0, to: samples.count, by: channels).map { samples[$0] }
    }

    /// The 44 bytes before the samples.
    package static func header(sampleRate: Int, channels: Int, dataBytes: Int) -> [UInt8] {
        func word(_ value: Int) -> [UInt8] {
            [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
        }
        func long(_ value: Int) -> [UInt8] { word(value) + word(value >> 16) }
        var header = Array("RIFF".utf8) + long(36 + dataBytes) + Array("WAVEfmt ".utf8) + long(16)
        header += word(1) + word(channels) + long(sampleRate) + long(sampleRate * channels * 2)
        header += word(channels * 2) + word(16) + Array("data".utf8) + long(dataBytes)
        return header
    }
}

/// Conversions between samples and their wire form.
package enum PCM {
    /// Signed 16-bit little-endian bytes as samples. A last odd byte is left out.
    package static func samples(littleEndian bytes: some RandomAccessCollection<UInt8>) -> [Int16] {
        var samples: [Int16] = []
        samples.reserveCapacity(bytes.count / 2)
        var iterator = bytes.makeIterator()
        while let low = iterator.next(), let high = iterator.next() {
            samples.append(Int16(bitPattern: UInt16(low) | UInt16(high) << 8))
        }
        return samples
    }

    /// Samples as signed 16-bit little-endian bytes.
    package static func bytes(littleEndian samples: some Collection<Int16>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(samples.count * 2)
        for sample in samples {
            let pattern = UInt16(bitPattern: sample)
            bytes.append(UInt8(truncatingIfNeeded: pattern))
            bytes.append(UInt8(truncatingIfNeeded: pattern >> 8))
        }
        return bytes
    }
}
