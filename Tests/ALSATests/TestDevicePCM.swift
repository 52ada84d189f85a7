import CALSA
import Glibc
import TestDevice

/// A PCM as a client uses it: libasound's calls, their results unchanged. The `ALSA` module is not in
/// between, because here it is the device that is on trial.
@safe
final class ClientPCM {
    enum Direction {
        case capture, playback
    }

    enum Access: CaseIterable {
        case readWrite, mmap
    }

    /// What to ask of the device. Everything is asked for exactly.
    struct Setup {
        var direction = Direction.capture
        var access = Access.readWrite
        var format = SampleFormat.s16
        var channels = 1
        var rate = 16_000
        var periodFrames = 320
        var bufferFrames = 1_280
        var isBlocking = false
    }

    struct Refused: Error, Equatable {
        let operation: String
        let code: Int32
    }

    private let handle: OpaquePointer
    let setup: Setup

    /// Bytes of one frame in memory.
    var frameBytes: Int { setup.format.byteCount * setup.channels }

    /// Opens and configures; does not start.
    init(_ name: String, _ setup: Setup = Setup()) throws {
        self.setup = setup
        let stream = setup.direction == .capture ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK
        var opened: OpaquePointer?
        let mode = setup.isBlocking ? 0 : Int32(SND_PCM_NONBLOCK)
        let code = unsafe snd_pcm_open(&opened, name, stream, mode)
        guard code >= 0, let handle = unsafe opened else { throw Refused(operation: "open", code: code) }
        unsafe self.handle = handle
        try configure()
    }

    deinit {
        unsafe snd_pcm_close(handle)
    }

    private func configure() throws {
        var parameters: OpaquePointer?
        guard unsafe snd_pcm_hw_params_malloc(&parameters) >= 0 else {
            throw Refused(operation: "malloc", code: -ENOMEM)
        }
        defer { unsafe snd_pcm_hw_params_free(parameters) }
        func check(_ operation: String, _ code: Int32) throws {
            guard code >= 0 else { throw Refused(operation: operation, code: code) }
        }
        let access = setup.access == .mmap ? SND_PCM_ACCESS_MMAP_INTERLEAVED : SND_PCM_ACCESS_RW_INTERLEAVED
        try unsafe check("any", snd_pcm_hw_params_any(handle, parameters))
        try unsafe check("access", snd_pcm_hw_params_set_access(handle, parameters, access))
        try unsafe check("format", snd_pcm_hw_params_set_format(handle, parameters, setup.format.alsa))
        try unsafe check(
            "channels", snd_pcm_hw_params_set_channels(handle, parameters, UInt32(setup.channels)))
        try unsafe check("rate", snd_pcm_hw_params_set_rate(handle, parameters, UInt32(setup.rate), 0))
        try unsafe check(
            "period",
            snd_pcm_hw_params_set_period_size(handle, parameters, snd_pcm_uframes_t(setup.periodFrames), 0))
        try unsafe check(
            "buffer",
            snd_pcm_hw_params_set_buffer_size(handle, parameters, snd_pcm_uframes_t(setup.bufferFrames)))
        try unsafe check("hw_params", snd_pcm_hw_params(handle, parameters))
    }

    // MARK: control

    @discardableResult
    func start() -> Int32 { unsafe snd_pcm_start(handle) }

    @discardableResult
    func prepare() -> Int32 { unsafe snd_pcm_prepare(handle) }

    @discardableResult
    func drop() -> Int32 { unsafe snd_pcm_drop(handle) }

    func drain() -> Int32 { unsafe snd_pcm_drain(handle) }

    func recover(_ code: Int) -> Int32 { unsafe snd_pcm_recover(handle, Int32(code), 1) }

    var state: snd_pcm_state_t { unsafe snd_pcm_state(handle) }

    var available: Int { unsafe snd_pcm_avail_update(handle) }

    /// Waits up to `milliseconds` and returns what ALSA makes of the descriptors; nil: nothing in that time.
    /// A wake-up that means nothing does not end the wait.
    func poll(milliseconds: Int32 = 20_000) -> (events: Int32, code: Int32)? {
        var descriptor = pollfd()
        guard unsafe snd_pcm_poll_descriptors(handle, &descriptor, 1) == 1 else { return nil }
        while unsafe Glibc.poll(&descriptor, 1, milliseconds) > 0 {
            let result = revents(&descriptor)
            if result.events != 0 || result.code < 0 { return result }
        }
        return nil
    }

    /// What the descriptors say now, without waiting.
    func eventsNow() -> Int32 {
        var descriptor = pollfd()
        guard unsafe snd_pcm_poll_descriptors(handle, &descriptor, 1) == 1 else { return 0 }
        return revents(&descriptor).events
    }

    private func revents(_ descriptor: inout pollfd) -> (events: Int32, code: Int32) {
        var events: UInt16 = 0
        let code = unsafe snd_pcm_poll_descriptors_revents(handle, &descriptor, 1, &events)
        return (Int32(events), code)
    }

    // MARK: frames

    /// Reads up to `frames` frames. `code` is libasound's result: a count or a negative errno.
    func read(_ frames: Int) -> (bytes: [UInt8], code: Int) {
        setup.access == .mmap ? readMapped(frames) : readCopied(frames)
    }

    private func readCopied(_ frames: Int) -> (bytes: [UInt8], code: Int) {
        var bytes = [UInt8](repeating: 0xEE, count: frames * frameBytes)
        let code = unsafe bytes.withUnsafeMutableBytes {
            unsafe snd_pcm_readi(handle, $0.baseAddress, snd_pcm_uframes_t(frames))
        }
        return (Array(bytes.prefix(max(0, code) * frameBytes)), code)
    }

    private func readMapped(_ frames: Int) -> (bytes: [UInt8], code: Int) {
        var bytes: [UInt8] = []
        while bytes.count < frames * frameBytes {
            let available = unsafe snd_pcm_avail_update(handle)
            guard available >= 0 else { return (bytes, available) }
            var areas: UnsafePointer<snd_pcm_channel_area_t>?
            var offset: snd_pcm_uframes_t = 0
            var count = snd_pcm_uframes_t(frames - bytes.count / frameBytes)
            let begun = unsafe snd_pcm_mmap_begin(handle, &areas, &offset, &count)
            guard begun >= 0 else { return (bytes, Int(begun)) }
            guard count > 0, let base = unsafe areas?.pointee.addr else { break }
            let from = unsafe UnsafeRawBufferPointer(
                start: base + Int(offset) * frameBytes, count: Int(count) * frameBytes)
            unsafe bytes.append(contentsOf: from)
            let committed = unsafe snd_pcm_mmap_commit(handle, offset, count)
            guard committed >= 0 else { return (bytes, committed) }
        }
        return bytes.isEmpty ? ([], -Int(EAGAIN)) : (bytes, bytes.count / frameBytes)
    }

    /// Writes whole frames. The result is libasound's: a count or a negative errno.
    func write(_ bytes: [UInt8]) -> Int {
        setup.access == .mmap ? writeMapped(bytes) : writeCopied(bytes)
    }

    private func writeCopied(_ bytes: [UInt8]) -> Int {
        unsafe bytes.withUnsafeBytes {
            unsafe snd_pcm_writei(handle, $0.baseAddress, snd_pcm_uframes_t(bytes.count / frameBytes))
        }
    }

    private func writeMapped(_ bytes: [UInt8]) -> Int {
        var done = 0
        while done < bytes.count {
            let available = unsafe snd_pcm_avail_update(handle)
            guard available >= 0 else { return available }
            var areas: UnsafePointer<snd_pcm_channel_area_t>?
            var offset: snd_pcm_uframes_t = 0
            var count = snd_pcm_uframes_t((bytes.count - done) / frameBytes)
            let begun = unsafe snd_pcm_mmap_begin(handle, &areas, &offset, &count)
            guard begun >= 0 else { return Int(begun) }
            guard count > 0, let base = unsafe areas?.pointee.addr else { break }
            let size = Int(count) * frameBytes
            let to = unsafe UnsafeMutableRawBufferPointer(start: base + Int(offset) * frameBytes, count: size)
            unsafe to.copyBytes(from: bytes[done..<done + size])
            let committed = unsafe snd_pcm_mmap_commit(handle, offset, count)
            guard committed >= 0 else { return committed }
            done += size
        }
        return done / frameBytes
    }
}

extension SampleFormat {
    var alsa: snd_pcm_format_t {
        switch self {
        case .s16: SND_PCM_FORMAT_S16_LE
        case .s24Packed: SND_PCM_FORMAT_S24_3LE
        case .s24: SND_PCM_FORMAT_S24_LE
        case .s32: SND_PCM_FORMAT_S32_LE
        case .float: SND_PCM_FORMAT_FLOAT_LE
        }
    }

    /// The sample at `bytes[offset...]` as an integer of the format's significant bits.
    func integer(_ bytes: [UInt8], at offset: Int) -> Int32 {
        func unsigned(_ count: Int) -> UInt32 {
            var value: UInt32 = 0
            for index in (0..<count).reversed() { value = value << 8 | UInt32(bytes[offset + index]) }
            return value
        }
        switch self {
        case .s16: return Int32(Int16(truncatingIfNeeded: unsigned(2)))
        case .s24Packed, .s24: return Int32(bitPattern: unsigned(3) << 8) >> 8
        case .s32: return Int32(bitPattern: unsigned(4))
        case .float: return Int32((Float(bitPattern: unsigned(4)) * 8_388_608).rounded())
        }
    }

    /// `value`, an integer of the format's significant bits, as the bytes of one sample.
    func bytes(of value: Int32) -> [UInt8] {
        var raw = UInt32(bitPattern: value)
        if self == .float { raw = (Float(value) / 8_388_608).bitPattern }
        return (0..<byteCount).map { UInt8(truncatingIfNeeded: raw >> UInt32(8 * $0)) }
    }
}
