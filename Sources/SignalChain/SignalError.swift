/// Why a part of the signal chain could not be made.
package enum SignalError: Error, Equatable {
    /// The stream has no channel `index`. Pick one from 0 to `channels` − 1.
    case channelMissing(index: Int, channels: Int)
    /// Streams have 1 to 8 channels. Open the device with fewer.
    case channelsUnsupported(Int)
    /// Choose a resampling quality from 0 to 10.
    case qualityOutOfRange(Int)
    /// libspeexdsp takes no such pair of rates, in hertz. Choose another rate for one side.
    case ratesUnsupported(source: Int, target: Int)
    /// The filter could not be allocated. Try again when memory is free.
    case outOfMemory
}
