/// What the uplink sends: the value of the service's `encoding` parameter.
package enum AudioEncoding: String, Sendable, BitwiseCopyable, CaseIterable {
    /// One raw Opus packet (RFC 6716) of 20 ms a message, mono.
    case opus
    /// Whole interleaved frames of signed little-endian 16-bit samples.
    case linear16
}
