import Audio
import CALSA
import Glibc

extension PCM {
    /// Negotiates what comes nearest to `request` and returns what was agreed. Leaves the device prepared,
    /// empty and stopped.
    ///
    /// Throws when the device offers none of the formats, or not the rate where it has to be exact.
    @discardableResult
    package mutating func configure(_ request: PCMRequest) throws(ALSAError) -> PCMSetup {
        precondition(!request.formats.isEmpty, "a request names a format")
        setup = nil
        let agreed = try negotiate(request)
        try setThresholds(agreed)
        try check("snd_pcm_prepare", device: name) { unsafe snd_pcm_prepare(handle) }
        try allocateDescriptors()
        bytesPerFrame = agreed.format.bytesPerFrame
        setup = agreed
        return agreed
    }

    private func negotiate(_ request: PCMRequest) throws(ALSAError) -> PCMSetup {
        let parameters = try self.parameters()
        let raw = unsafe parameters.raw
        let device = name
        try check("snd_pcm_hw_params_set_rate_resample", device: device) {
            unsafe snd_pcm_hw_params_set_rate_resample(handle, raw, request.resampling ? 1 : 0)
        }
        try check("snd_pcm_hw_params_set_access", device: device) {
            unsafe snd_pcm_hw_params_set_access(handle, raw, SND_PCM_ACCESS_RW_INTERLEAVED)
        }
        let sample = request.formats.first {
            unsafe snd_pcm_hw_params_test_format(handle, raw, $0.alsaFormat) == 0
        }
        try check("snd_pcm_hw_params_set_format", device: device) {
            guard let sample else { return -EINVAL }
            return unsafe snd_pcm_hw_params_set_format(handle, raw, sample.alsaFormat)
        }
        var channels = UInt32(clamping: request.channels)
        try check("snd_pcm_hw_params_set_channels", device: device) {
            unsafe snd_pcm_hw_params_set_channels_near(handle, raw, &channels)
        }
        var rate = UInt32(clamping: request.rate.hertz)
        var direction: Int32 = 0
        try check("snd_pcm_hw_params_set_rate", device: device) {
            request.exactRate
                ? unsafe snd_pcm_hw_params_set_rate(handle, raw, rate, 0)
                : unsafe snd_pcm_hw_params_set_rate_near(handle, raw, &rate, &direction)
        }
        // Period first: the buffer then is a whole number of periods wherever the device can do that.
        var period = snd_pcm_uframes_t(max(1, Int(rate) * request.periodMicroseconds / 1_000_000))
        direction = 0
        try check("snd_pcm_hw_params_set_period_size", device: device) {
            unsafe snd_pcm_hw_params_set_period_size_near(handle, raw, &period, &direction)
        }
        var buffer = period * snd_pcm_uframes_t(max(2, request.periods))
        try check("snd_pcm_hw_params_set_buffer_size", device: device) {
            unsafe snd_pcm_hw_params_set_buffer_size_near(handle, raw, &buffer)
        }
        try check("snd_pcm_hw_params", device: device) { unsafe snd_pcm_hw_params(handle, raw) }
        // What the device really took may differ from every answer before.
        direction = 0
        try check("snd_pcm_hw_params_get", device: device) {
            unsafe min(
                snd_pcm_hw_params_get_period_size(raw, &period, &direction),
                snd_pcm_hw_params_get_buffer_size(raw, &buffer),
                snd_pcm_hw_params_get_rate(raw, &rate, &direction),
                snd_pcm_hw_params_get_channels(raw, &channels))
        }
        return PCMSetup(
            format: PCMFormat(
                rate: SampleRate(hertz: Int(rate)), channels: Int(channels), sample: sample ?? .s16),
            periodFrames: Int(period), bufferFrames: Int(buffer),
            isBatch: unsafe snd_pcm_hw_params_is_batch(raw) == 1,
            canResume: unsafe snd_pcm_hw_params_can_resume(raw) == 1)
    }

    /// Wake once a period, start only when told to, stop on an xrun, stamp with the monotonic clock.
    private func setThresholds(_ agreed: PCMSetup) throws(ALSAError) {
        let device = name
        var allocated: OpaquePointer?
        try check("snd_pcm_sw_params_malloc", device: device) { unsafe snd_pcm_sw_params_malloc(&allocated) }
        guard let raw = unsafe allocated else { return }
        defer { unsafe snd_pcm_sw_params_free(raw) }
        var boundary: snd_pcm_uframes_t = 0
        try check("snd_pcm_sw_params_current", device: device) {
            unsafe min(
                snd_pcm_sw_params_current(handle, raw), snd_pcm_sw_params_get_boundary(raw, &boundary))
        }
        try check("snd_pcm_sw_params_set", device: device) {
            unsafe min(
                snd_pcm_sw_params_set_avail_min(handle, raw, snd_pcm_uframes_t(agreed.periodFrames)),
                snd_pcm_sw_params_set_start_threshold(handle, raw, boundary),
                snd_pcm_sw_params_set_stop_threshold(handle, raw, snd_pcm_uframes_t(agreed.bufferFrames)),
                snd_pcm_sw_params_set_tstamp_mode(handle, raw, SND_PCM_TSTAMP_ENABLE),
                snd_pcm_sw_params_set_tstamp_type(handle, raw, SND_PCM_TSTAMP_TYPE_MONOTONIC))
        }
        try check("snd_pcm_sw_params", device: device) { unsafe snd_pcm_sw_params(handle, raw) }
    }

    private mutating func allocateDescriptors() throws(ALSAError) {
        unsafe descriptors.deallocate()
        unsafe descriptors = UnsafeMutableBufferPointer(start: nil, count: 0)
        let count = unsafe snd_pcm_poll_descriptors_count(handle)
        guard count > 0 else {
            throw ALSAError(
                operation: "snd_pcm_poll_descriptors_count", code: count < 0 ? count : -ENXIO, device: name)
        }
        unsafe descriptors = .allocate(capacity: Int(count))
        unsafe descriptors.initialize(repeating: pollfd())
        let filled = unsafe snd_pcm_poll_descriptors(handle, descriptors.baseAddress, UInt32(count))
        guard filled == count else {
            throw ALSAError(
                operation: "snd_pcm_poll_descriptors", code: filled < 0 ? filled : -ENXIO, device: name)
        }
    }
}
