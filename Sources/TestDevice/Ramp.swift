import CTestDevice

/// The sound of a device with `source: .ramp`: every sample tells its frame and channel.
///
/// A count that goes up by one each frame and is offset by a sixteenth of its range per channel, as a signed
/// integer of the format's significant bits. Frame 0 is the device's first start; the count goes on through
/// xruns, restarts and replugs, so what is missing between two samples is what was lost.
package enum Ramp {
    /// The value at `frame` for `channel` (0 to 7) in `bits` bits (16, 24 or 32).
    ///
    /// Example: 16 bits, frame 5: channel 0 has 5, channel 1 has 4 101. Frame 65 536 looks like frame 0.
    package static func sample(frame: Int, channel: Int = 0, bits: Int = 16) -> Int32 {
        earpost_device_ramp(Int64(frame), UInt32(channel), UInt32(bits))
    }
}
