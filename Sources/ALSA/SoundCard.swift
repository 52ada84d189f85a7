/// A card the kernel knows, and what it can capture and play.
package struct SoundCard: Sendable, Equatable {
    /// The kernel's number; changes with the order of plugging.
    package let index: Int
    /// The stable name: `hw:CARD=<id>` survives a replug into another port.
    package let id: String
    package let driver: String
    package let name: String
    package let devices: [PCMDescription]
}

/// One direction of one PCM device of a card.
package struct PCMDescription: Sendable, Equatable {
    /// Whether the device could be looked at.
    package enum Access: Sendable, Equatable {
        case offers(PCMCapabilities)
        /// A negative errno: busy (`-EBUSY`: another program uses it), forbidden (`-EACCES`), …
        case refused(code: Int32)
    }

    /// What to write into the configuration: `hw:CARD=<id>,DEV=<n>`.
    package let name: String
    package let direction: PCMDirection
    /// The driver's words.
    package let title: String
    package let access: Access
}

/// A name that ALSA's configuration defines: plug-ins, sound servers, `default`.
package struct NamedPCM: Sendable, Equatable {
    package let name: String
    /// Line by line, as the configuration words it.
    package let description: String
    package let directions: [PCMDirection]
}
