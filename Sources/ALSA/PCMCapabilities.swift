import Audio
import CALSA
import Glibc

/// What a device offers, each range by itself: not every combination need work.
package struct PCMCapabilities: Sendable, Equatable {
    /// Of the formats this program handles, in the order of ``SampleFormat``.
    package let formats: [SampleFormat]
    /// In hertz. A software device may claim anything up to several megahertz.
    package let rates: ClosedRange<Int>
    /// Samples per frame.
    package let channels: ClosedRange<Int>

    package init(formats: [SampleFormat], rates: ClosedRange<Int>, channels: ClosedRange<Int>) {
        self.formats = formats
        self.rates = rates
        self.channels = channels
    }
}

/// The space of configurations a device offers: libasound's structure, owned.
@safe
struct HardwareParameters: ~Copyable {
    let raw: OpaquePointer

    init(adopting raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe snd_pcm_hw_params_free(raw) }
}

extension PCM {
    /// What the device offers, before it is configured.
    package func capabilities() throws(ALSAError) -> PCMCapabilities {
        let parameters = try parameters()
        let raw = unsafe parameters.raw
        var rates: (UInt32, UInt32) = (0, 0)
        var channels: (UInt32, UInt32) = (0, 0)
        var direction: Int32 = 0
        try check("snd_pcm_hw_params_get", device: name) {
            unsafe min(
                snd_pcm_hw_params_get_rate_min(raw, &rates.0, &direction),
                snd_pcm_hw_params_get_rate_max(raw, &rates.1, &direction),
                snd_pcm_hw_params_get_channels_min(raw, &channels.0),
                snd_pcm_hw_params_get_channels_max(raw, &channels.1))
        }
        let formats = SampleFormat.allCases.filter {
            unsafe snd_pcm_hw_params_test_format(handle, raw, $0.alsaFormat) == 0
        }
        return PCMCapabilities(
            formats: formats, rates: Int(rates.0)...Int(max(rates.0, rates.1)),
            channels: Int(channels.0)...Int(max(channels.0, channels.1)))
    }

    /// Everything the device can do, as a structure to narrow down.
    func parameters() throws(ALSAError) -> HardwareParameters {
        var allocated: OpaquePointer?
        try check("snd_pcm_hw_params_malloc", device: name) {
            unsafe snd_pcm_hw_params_malloc(&allocated)
        }
        guard let raw = unsafe allocated else {
            throw ALSAError(operation: "snd_pcm_hw_params_malloc", code: -ENOMEM, device: name)
        }
        let parameters = unsafe HardwareParameters(adopting: raw)
        try check("snd_pcm_hw_params_any", device: name) { unsafe snd_pcm_hw_params_any(handle, raw) }
        return parameters
    }
}
