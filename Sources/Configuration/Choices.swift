import Audio

/// A parameter of a sound device: left to the device, or demanded.
package enum Negotiable<Value: Sendable & Equatable>: Sendable, Equatable {
    case automatic
    case fixed(Value)
}

/// Which of the captured channels go up.
package enum ChannelSelection: Sendable, Equatable {
    /// The mean of all.
    case mix
    /// Each by itself.
    case all
    /// One, counted from 0.
    case one(Int)
}

/// The device that speaks.
package enum PlaybackDevice: Sendable, Equatable {
    /// No speaker: nothing is spoken.
    case none
    /// A PCM name as libasound takes it.
    case named(String)
}

/// The first of the two words offered as `Sec-WebSocket-Protocol`; the second is the key.
package enum AuthenticationScheme: String, Sendable, CaseIterable {
    /// An API key.
    case token
    /// A temporary token.
    case bearer
    /// Nothing is offered: a service of one's own that asks for no key.
    case none
}

/// What the Opus encoder tunes itself for.
package enum OpusApplication: String, Sendable, CaseIterable {
    /// Intelligible speech.
    case voip
    /// Faithful sound.
    case audio
    /// Least delay; speech modes are off.
    case lowdelay
}

/// What becomes of audio that could not be sent in time.
package enum DeliveryPolicy: String, Sendable, CaseIterable {
    /// All of it is sent, in order, however late.
    case complete
    /// What is too old is given up, with a gap on record.
    case fresh
}

/// What of the journal goes to disk.
package enum Durability: String, Sendable, CaseIterable {
    /// What waits in an outage.
    case outage
    /// Everything, each second, so that a power cut costs a second at most.
    case power
}

/// The least important message that is still logged.
package enum LogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}

/// One parameter of an address as the file sets it; several values repeat the name.
package struct ParameterSetting: Sendable, Equatable {
    package let name: String
    /// At least one, none of them percent-encoded.
    package let values: [String]
}

/// A path from the root, without control characters.
package struct AbsolutePath: Sendable, Equatable, CustomStringConvertible {
    package let text: String

    package init?(_ text: String) {
        guard text.hasPrefix("/"), !text.hasControlCharacter else { return nil }
        self.text = text
    }

    init(known text: StaticString) { self.text = text.description }

    package var description: String { text }
}

/// Who may open a socket: the permission bits of its file. The owner always may; nobody may execute it.
package struct FileMode: Sendable, Equatable, CustomStringConvertible {
    static let ownerAndGroup = FileMode(known: 0o660)

    package let bits: UInt16

    package init?(bits: Int64) {
        guard (0...0o666).contains(bits), bits & 0o111 == 0, bits & 0o600 == 0o600 else { return nil }
        self.bits = UInt16(bits)
    }

    private init(known bits: UInt16) { self.bits = bits }

    /// Four octal digits.
    package var description: String {
        let digits = String(bits, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension String {
    /// Whether there is a byte in it that no name, path or parameter holds.
    var hasControlCharacter: Bool { utf8.contains { $0 < 0x20 || $0 == 0x7F } }
}
