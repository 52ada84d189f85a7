/// What the agent says to the Listen service, apart from audio: always text, never binary.
package enum ListenCommand: Hashable, Sendable {
    /// Extends the window in which the service waits for audio. No answer comes.
    case keepAlive
    /// Asks for finals of everything received, of one channel (from 0) or all.
    case finalize(channel: Int?)
    /// Announces the end: the service answers the rest, sends a summary and closes.
    case closeStream
    /// Changes what may change on an open connection; nil leaves as it is, an empty list of key terms clears
    /// it.
    case configure(numerals: Bool?, keyterms: [String]?)

    /// The message's text.
    package var text: String {
        switch self {
        case .keepAlive: return #"{"type":"KeepAlive"}"#
        case .finalize(nil): return #"{"type":"Finalize"}"#
        case .finalize(let channel?): return #"{"type":"Finalize","channel":\#(channel)}"#
        case .closeStream: return #"{"type":"CloseStream"}"#
        case .configure(let numerals, let keyterms):
            var text = #"{"type":"Configure""#
            if let numerals { text += #","features":{"numerals":\#(numerals)}"# }
            if let keyterms { text += #","keyterms":[\#(keyterms.map(jsonString).joined(separator: ","))]"# }
            return text + "}"
        }
    }
}

/// What the agent says to the Speak service.
package enum SpeakCommand: Hashable, Sendable {
    case speak(String)
    /// Asks that everything said so far be spoken, and that it be told when all its audio is sent.
    case flush
    /// Drops what is not spoken yet.
    case clear
    case close

    /// The message's text.
    package var text: String {
        switch self {
        case .speak(let text): #"{"type":"Speak","text":\#(jsonString(text))}"#
        case .flush: #"{"type":"Flush"}"#
        case .clear: #"{"type":"Clear"}"#
        case .close: #"{"type":"Close"}"#
        }
    }
}

/// `text` as a JSON string (RFC 8259 §7): quotes, backslashes and control characters escaped, the rest as
/// UTF-8.
private func jsonString(_ text: String) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    bytes.reserveCapacity(text.utf8.count + 2)
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0x00..<0x20: bytes += Array(#"\u00"#.utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        default: bytes.append(byte)
        }
    }
    bytes.append(UInt8(ascii: "\""))
    return String(decoding: bytes, as: UTF8.self)
}
