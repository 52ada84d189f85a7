import CALSA
import Glibc
import TestDevice
import Testing

@Suite("The test device hears files and keeps what it plays")
struct TestDeviceSoundTests {
    // MARK: infile

    /// Reads `frames` frames of a stream on a manual clock, from its start.
    private func hear(_ name: String, _ control: DeviceControl, frames: Int, setup: ClientPCM.Setup) throws
        -> [UInt8]
    {
        let pcm = try ClientPCM(name, setup)
        pcm.start()
        var bytes: [UInt8] = []
        while bytes.count < frames * pcm.frameBytes {
            control.advance(milliseconds: 10)
            let (part, code) = pcm.read(min(pcm.available, frames - bytes.count / pcm.frameBytes))
            try #require(code >= 0)
            bytes += part
        }
        return bytes
    }

    @Test("a WAV file is heard once, then silence", arguments: SampleFormat.allCases.filter { $0 != .s24 })
    func fileOnce(format: SampleFormat) throws {
        let data = rampBytes(from: 1, frames: 1_000, format: format, channels: 2)
        let path = try TestDevices.path(".wav")
        #expect(writeBytes(waveBytes(rate: 16_000, channels: 2, format: format, data: data), to: path))
        let (name, control) = try TestDevices.make { $0.source = .file(path) }
        let setup = ClientPCM.Setup(format: format, channels: 2)
        let heard = try hear(name, control, frames: 1_500, setup: setup)
        #expect(heard == data + [UInt8](repeating: 0, count: 500 * 2 * format.byteCount))
    }

    @Test("or again and again")
    func fileRepeats() throws {
        let data = rampBytes(from: 1, frames: 700)
        let path = try TestDevices.path(".wav")
        #expect(writeBytes(waveBytes(rate: 16_000, channels: 1, format: .s16, data: data), to: path))
        let (name, control) = try TestDevices.make { $0.source = .file(path, repeats: true) }
        let heard = try hear(name, control, frames: 2_100, setup: ClientPCM.Setup())
        #expect(heard == data + data + data)
    }

    @Test("a mono file is heard by every channel, a missing channel is silent")
    func channels() throws {
        let mono = try TestDevices.path(".wav")
        let data = rampBytes(from: 5, frames: 320)
        #expect(writeBytes(waveBytes(rate: 16_000, channels: 1, format: .s16, data: data), to: mono))
        let (name, control) = try TestDevices.make { $0.source = .file(mono) }
        let heard = try hear(name, control, frames: 320, setup: ClientPCM.Setup(channels: 3))
        for frame in 0..<320 {
            for channel in 0..<3 {
                let value = SampleFormat.s16.integer(heard, at: (frame * 3 + channel) * 2)
                #expect(value == Int32(5 + frame))
            }
        }

        let stereo = try TestDevices.path(".wav")
        let two = rampBytes(from: 5, frames: 320, channels: 2)
        #expect(writeBytes(waveBytes(rate: 16_000, channels: 2, format: .s16, data: two), to: stereo))
        let (wide, control2) = try TestDevices.make { $0.source = .file(stereo) }
        let four = try hear(wide, control2, frames: 320, setup: ClientPCM.Setup(channels: 4))
        #expect(SampleFormat.s16.integer(four, at: 0) == Ramp.sample(frame: 5))
        #expect(SampleFormat.s16.integer(four, at: 2) == Ramp.sample(frame: 5, channel: 1))
        #expect(SampleFormat.s16.integer(four, at: 4) == 0)
        #expect(SampleFormat.s16.integer(four, at: 6) == 0)
    }

    @Test("a WAV file's rate is the only one on offer")
    func fileRate() throws {
        let path = try TestDevices.path(".wav")
        let data = rampBytes(from: 0, frames: 100)
        #expect(writeBytes(waveBytes(rate: 44_100, channels: 1, format: .s16, data: data), to: path))
        let (name, _) = try TestDevices.make { $0.source = .file(path) }
        #expect(throws: ClientPCM.Refused(operation: "rate", code: -EINVAL)) { try ClientPCM(name) }
        _ = try ClientPCM(name, ClientPCM.Setup(rate: 44_100))
    }

    @Test("without a header a file is raw mono S16; without a file the device does not open")
    func rawFile() throws {
        let path = try TestDevices.path(".raw")
        let data = rampBytes(from: 9, frames: 320)
        #expect(writeBytes(data, to: path))
        let (name, control) = try TestDevices.make { $0.source = .file(path) }
        #expect(try hear(name, control, frames: 320, setup: ClientPCM.Setup()) == data)

        let (missing, _) = try TestDevices.make { $0.source = .file(path + ".not") }
        #expect(throws: ClientPCM.Refused(operation: "open", code: -ENOENT)) { try ClientPCM(missing) }
    }

    // MARK: outfile

    private func play(_ bytes: [UInt8], _ name: String, _ control: DeviceControl, setup: ClientPCM.Setup)
        throws
    {
        let pcm = try ClientPCM(name, setup)
        var rest = bytes[...]
        while !rest.isEmpty {
            try #require(pcm.poll()?.events == POLLOUT)
            let count = min(rest.count, pcm.available * pcm.frameBytes)
            try #require(pcm.write(Array(rest.prefix(count))) > 0)
            rest = rest.dropFirst(count)
            if pcm.state == SND_PCM_STATE_PREPARED { try #require(pcm.start() == 0) }
            control.advance(milliseconds: 20)
        }
        while pcm.drain() == -EAGAIN { control.advance(milliseconds: 20) }
    }

    @Test(
        "what was written is what was played, in every format", arguments: SampleFormat.allCases, [1, 2, 8])
    func outfileIsExact(format: SampleFormat, channels: Int) throws {
        for access in ClientPCM.Access.allCases {
            let path = try TestDevices.path(".raw")
            let (name, control) = try TestDevices.make { $0.outfile = path }
            let bytes = rampBytes(from: 0, frames: 3_333, format: format, channels: channels)
            let setup = ClientPCM.Setup(
                direction: .playback, access: access, format: format, channels: channels)
            try play(bytes, name, control, setup: setup)
            #expect(fileBytes(path) == bytes)
            #expect(control.counters(.playback).framesPassed == 3_333)
            #expect(control.counters(.playback).framesTransferred == 3_333)
            #expect(control.counters(.playback).xruns == 0)
        }
    }

    @Test("a WAV outfile has a true header at every moment, and goes on when the device is reopened")
    func waveOutfile() throws {
        let path = try TestDevices.path(".wav")
        let (name, control) = try TestDevices.make { $0.outfile = path }
        let bytes = rampBytes(from: 0, frames: 1_000, format: .s24Packed, channels: 2)
        let setup = ClientPCM.Setup(direction: .playback, format: .s24Packed, channels: 2, rate: 48_000)
        try play(bytes, name, control, setup: setup)
        try play(bytes, name, control, setup: setup)

        let file = fileBytes(path)
        #expect(Array(file.dropFirst(44)) == bytes + bytes)
        func field(_ at: Int, _ count: Int) -> Int {
            file[at..<at + count].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        #expect(field(4, 4) == file.count - 8)
        #expect(field(22, 2) == 2)
        #expect(field(24, 4) == 48_000)
        #expect(field(34, 2) == 24)
        #expect(field(40, 4) == file.count - 44)

        // Heard again by a capture device: the header is one it can read.
        let (ear, earControl) = try TestDevices.make { $0.source = .file(path) }
        let heard = try hear(
            ear, earControl, frames: 2_000,
            setup: ClientPCM.Setup(format: .s24Packed, channels: 2, rate: 48_000))
        #expect(heard == bytes + bytes)
    }

    @Test("only what the hardware pointer passed was played: a drop cuts, an underrun ends")
    func outfileKeepsPlayedFramesOnly() throws {
        let path = try TestDevices.path(".raw")
        let (name, control) = try TestDevices.make { $0.outfile = path }
        let pcm = try ClientPCM(name, ClientPCM.Setup(direction: .playback))
        // The first write starts the stream: libasound's start threshold is one frame.
        #expect(pcm.write(rampBytes(from: 0, frames: 1_000)) == 1_000)
        control.advance(milliseconds: 30)
        pcm.drop()
        #expect(fileBytes(path) == rampBytes(from: 0, frames: 480))

        pcm.prepare()
        #expect(pcm.write(rampBytes(from: 5_000, frames: 640)) == 640)
        control.advance(milliseconds: 100)
        #expect(pcm.available == -Int(EPIPE))
        #expect(fileBytes(path) == rampBytes(from: 0, frames: 480) + rampBytes(from: 5_000, frames: 640))
        #expect(control.counters(.playback).xruns == 1)
    }

    @Test("starting with nothing to play is an underrun, as in the kernel")
    func emptyStart() throws {
        let (name, _) = try TestDevices.make()
        let pcm = try ClientPCM(name, ClientPCM.Setup(direction: .playback))
        #expect(pcm.start() == -EPIPE)
    }

    // MARK: air

    @Test("through the air a sample arrives after exactly the configured time", arguments: [16_000, 48_000])
    func air(rate: Int) throws {
        let air = DeviceDescription.Air(name: "room\(rate)", delayMicroseconds: 5_000, gain: 0.5)
        let (name, control) = try TestDevices.make {
            $0.source = .silence
            $0.air = air
        }
        let period = rate / 50
        var setup = ClientPCM.Setup(rate: rate, periodFrames: period, bufferFrames: period * 4)
        let ear = try ClientPCM(name, setup)
        setup.direction = .playback
        let mouth = try ClientPCM(name, setup)
        ear.start()
        control.advance(milliseconds: 20)
        #expect(ear.read(period).code == period)

        // An impulse in the second period of what is played; playback starts when capture is at `period`.
        var sound = [UInt8](repeating: 0, count: period * 2 * 2)
        sound.replaceSubrange(period * 2..<period * 2 + 2, with: SampleFormat.s16.bytes(of: 20_000))
        #expect(mouth.write(sound) == period * 2)
        var heard: [UInt8] = []
        for _ in 0..<3 {
            control.advance(milliseconds: 20)
            heard += ear.read(period).bytes
        }
        let loud = (0..<heard.count / 2).filter { SampleFormat.s16.integer(heard, at: $0 * 2) != 0 }
        #expect(loud == [period + rate / 200])
        if let at = loud.first { #expect(SampleFormat.s16.integer(heard, at: at * 2) == 10_000) }
    }
}
