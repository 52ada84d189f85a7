import COpus
import Testing

@testable import LocalSpeech

@Suite struct SHA256DigestTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func digestsArePublishedOnes(text: String, digest: String) {
        var sum = SHA256Digest()
        sum.update(Array(text.utf8))
        #expect(sum.hexadecimal() == digest)
    }

    @Test func bytesInPiecesGiveTheDigestOfTheWhole() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        var whole = SHA256Digest()
        whole.update(bytes)
        for piece in [1, 55, 63, 64, 65, 128] {
            var parts = SHA256Digest()
            for at in stride(from: 0, to: bytes.count, by: piece) {
                parts.update(Array(bytes[at..<min(at + piece, bytes.count)]))
            }
            #expect(parts.hexadecimal() == whole.hexadecimal())
        }
    }
}

@Suite struct WAVFileTests {
    private let stereo = WAVFile(samples: [1, -1, 300, -300, .max, .min], sampleRate: 16_000, channels: 2)

    @Test func writtenFileReadsBack() {
        #expect(WAVFile(bytes: stereo.bytes()) == stereo)
        #expect(stereo.firstChannel() == [1, 300, .max])
    }

    @Test func dataLengthBeyondTheEndMeansToTheEnd() {
        var bytes = stereo.bytes()
        for at in 40..<44 { bytes[at] = 0xff }
        #expect(WAVFile(bytes: bytes)?.samples == stereo.samples)
    }

    @Test func strangeChunksAreSkippedAndOtherFilesRefused() {
        var bytes = stereo.bytes()
        bytes.insert(contentsOf: Array("LIST".utf8) + [3, 0, 0, 0, 1, 2, 3, 0], at: 12)
        #expect(WAVFile(bytes: bytes)?.samples == stereo.samples)
        #expect(WAVFile(bytes: Array("ID3".utf8)) == nil)
        #expect(WAVFile(bytes: Array(stereo.bytes()[..<30])) == nil)
    }
}

@Suite struct ResamplingTests {
    @Test func lengthFollowsTheRatesAndToneStaysInPlace() throws {
        let tone = (0..<4800).map { Int16(8000 * Cosine.value(Double($0) * 1000 / 48_000)) }
        let result = try Resampling.convert(tone, from: 48_000, to: 16_000)
        #expect(result.count == 1600)
        // Away from the edges each sample is the tone's own value: no delay, no gain.
        for index in 200..<1400 {
            #expect(abs(Double(result[index]) - 8000 * Cosine.value(Double(index) * 1000 / 16_000)) < 100)
        }
    }

    @Test func equalRatesChangeNothing() throws {
        #expect(try Resampling.convert([1, 2, 3], from: 16_000, to: 16_000) == [1, 2, 3])
    }
}

@Suite struct AudioInputTests {
    @Test func samplesCutByMessageBoundariesArriveWhole() throws {
        var parameters = ListenParameters()
        parameters.channels = 2
        parameters.multichannel = true
        var input = try AudioInput(parameters)
        let bytes = PCM.bytes(littleEndian: [1, -1, 2, -2, 3, -3])
        var heard: [[Int16]] = [[], []]
        for at in stride(from: 0, to: bytes.count, by: 5) {
            let pieces = try input.receive(Array(bytes[at..<min(at + 5, bytes.count)]))
            for channel in pieces.indices { heard[channel] += pieces[channel] }
        }
        #expect(heard == [[1, 2, 3], [-1, -2, -3]])
        #expect(input.frames == 3)
    }

    @Test func severalChannelsWithoutMultichannelAreMixed() throws {
        var parameters = ListenParameters()
        parameters.channels = 2
        var input = try AudioInput(parameters)
        #expect(try input.receive(PCM.bytes(littleEndian: [10, 20, -10, -30])) == [[15, -20]])
    }

    @Test func rawOpusPacketsKeepTheirTonesAndTheirLength() throws {
        var parameters = ListenParameters()
        parameters.encoding = .opus
        var input = try AudioInput(parameters)
        var heard: [Int16] = []
        for packet in try opusPackets(of: TestSignals.tones(slots: 10, sampleRate: 16_000)) {
            heard += try input.receive(packet)[0]
        }
        #expect(heard.count == 32_000)
        let words = PositionsReader.words(heard, sampleRate: 16_000).map(\.text)
        #expect(words == ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9"])
    }

    @Test func containersAndNonsenseInOpusModeAreUndecodable() throws {
        var parameters = ListenParameters()
        parameters.encoding = .opus
        var input = try AudioInput(parameters)
        #expect(throws: AudioInput.Undecodable.self) { try input.receive(Array("OggS0000".utf8)) }
        #expect(throws: AudioInput.Undecodable.self) { try input.receive([0xff, 0xff]) }
    }

    /// `samples` (16 kHz, mono) by libopus, in packets of 20 ms.
    private func opusPackets(of samples: [Int16]) throws -> [[UInt8]] {
        var status: CInt = 0
        let created = unsafe opus_encoder_create(16_000, 1, OPUS_APPLICATION_AUDIO, &status)
        let encoder = unsafe try #require(created)
        defer { unsafe opus_encoder_destroy(encoder) }
        return stride(from: 0, to: samples.count, by: 320).map { at in
            var packet = [UInt8](repeating: 0, count: 1500)
            let size = unsafe opus_encode(encoder, Array(samples[at..<at + 320]), 320, &packet, 1500)
            return Array(packet[..<Int(size)])
        }
    }
}

/// Signals whose content tells where they stand.
enum TestSignals {
    /// The tones `PositionsReader` reads: slot n of 200 ms sounds tone n % 16.
    static func tones(slots: Int, sampleRate: Int) -> [Int16] {
        (0..<(slots * sampleRate / 5)).map { index in
            let digit = Double(index / (sampleRate / 5) % 16)
            let frequency = PositionsReader.toneBase + digit * PositionsReader.toneStep
            return Int16(8000 * Cosine.value(frequency * Double(index) / Double(sampleRate)))
        }
    }

    /// Sample n is n modulo 65536.
    static func ramp(_ range: Range<Int>) -> [Int16] { range.map { Int16(truncatingIfNeeded: $0) } }

    /// Loud noise that any energy detector takes for speech.
    static func speech(_ count: Int) -> [Int16] { (0..<count).map { $0 % 2 == 0 ? 5000 : -5000 } }
}
