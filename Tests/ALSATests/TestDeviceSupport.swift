import Glibc
import Synchronization
import TestDevice

/// One bench for the process, because libasound reads one configuration. Every test adds devices of its own.
enum TestDevices {
    private static let count = Mutex(0)

    static func shared() throws -> DeviceBench {
        try DeviceBench.ofProcess.get()
    }

    /// A device of this test alone, on a manual clock and with a ramp to hear unless `change` says otherwise.
    static func make(
        _ change: (inout DeviceDescription) -> Void = { _ in }
    ) throws -> (name: String, control: DeviceControl) {
        let number = count.withLock { count in
            count += 1
            return count
        }
        var description = DeviceDescription("test\(number)")
        description.clock = .manual
        description.source = .ramp
        change(&description)
        return (description.name, try shared().add(description))
    }

    /// A path for a file of this test alone.
    static func path(_ ending: String) throws -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return try shared().directory + "/file\(number)\(ending)"
    }
}

/// The samples of `bytes` that are not the ramp from `firstFrame` on, counted.
func wrongRampSamples(
    _ bytes: [UInt8], from firstFrame: Int, format: SampleFormat = .s16, channels: Int = 1
) -> Int {
    let bits = format.significantBits
    var wrong = 0
    for index in 0..<bytes.count / format.byteCount {
        let expected = Ramp.sample(
            frame: firstFrame + index / channels, channel: index % channels, bits: bits)
        if format.integer(bytes, at: index * format.byteCount) != expected { wrong += 1 }
    }
    return wrong
}

/// The ramp's frames as a client would write them.
func rampBytes(
    from firstFrame: Int, frames: Int, format: SampleFormat = .s16, channels: Int = 1
) -> [UInt8] {
    var bytes: [UInt8] = []
    for frame in firstFrame..<firstFrame + frames {
        for channel in 0..<channels {
            let value = Ramp.sample(frame: frame, channel: channel, bits: format.significantBits)
            bytes += format.bytes(of: value)
        }
    }
    return bytes
}

func fileBytes(_ path: String) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return bytes }
        bytes += chunk.prefix(count)
    }
}

func writeBytes(_ bytes: [UInt8], to path: String) -> Bool {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) } == bytes.count
}

/// A WAV file's bytes, with a chunk before the data as many recorders write one.
func waveBytes(rate: Int, channels: Int, format: SampleFormat, data: [UInt8]) -> [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let frameBytes = channels * format.byteCount
    var body = Array("WAVEfmt ".utf8) + little(16, 4) + little(format == .float ? 3 : 1, 2)
    body += little(channels, 2) + little(rate, 4) + little(rate * frameBytes, 4) + little(frameBytes, 2)
    body += little(format.byteCount * 8, 2)
    body += Array("LIST".utf8) + little(3, 4) + [1, 2, 3, 0]
    body += Array("data".utf8) + little(data.count, 4) + data
    return Array("RIFF".utf8) + little(body.count, 4) + body
}
