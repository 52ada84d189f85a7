/// Every bound of the protocol, with its reason.
package enum ControlLimits {
    /// The version of the protocol.
    package static let version = 1

    /// The longest request, without its newline. The largest is a text to speak: some 20 pages.
    package static let requestBytes = 65_536

    /// The longest line a client has to take. A status is 3 KiB, a final of a minute with every word 40 KiB,
    /// the list of a machine's devices perhaps 100 KiB.
    package static let lineBytes = 1_048_576

    /// Levels are cut off here: below the noise of 24 bits, and JSON has no infinity for digital silence.
    package static let floorDBFS = -144.0
}
