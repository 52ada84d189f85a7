/// What makes a request unfit to be sent, found before anything is sent.
package enum RequestError: Error, Equatable {
    /// The agent works this parameter out from other settings. Remedy: remove it from the free parameters and
    /// set
    /// `setting`.
    case computedParameter(name: String, setting: String)
    /// A parameter without a name, or with a control character. Remedy: mend the key under `query`.
    case malformedParameter(name: String)
    /// No model named; what the service would take then is not certain. Remedy: set `model`.
    case missingModel
    /// Opus goes up in mono. Remedy: one channel, or `encoding = "linear16"`.
    case opusNeedsOneChannel(channels: Int)
    /// The service offers no such rate. Remedy: one of `offered`.
    case unsupportedRate(hertz: Int, offered: [Int])

    /// One sentence for people: what is wrong and what to change.
    package var sentence: String {
        switch self {
        case .computedParameter(let name, let setting):
            "the parameter `\(name)` is worked out from `\(setting)`: set that and remove it from `query`"
        case .malformedParameter(let name):
            "the query parameter `\(name.unicodeScalars.map { $0.escaped(asASCII: true) }.joined())` "
                + "has no name or a control character in it"
        case .missingModel: "no model is named: set `model`"
        case .opusNeedsOneChannel(let channels):
            "opus carries one channel, not \(channels): set `encoding = \"linear16\"` or use one channel"
        case .unsupportedRate(let hertz, let offered):
            "the service does not offer \(hertz) Hz, but "
                + offered.map(String.init).joined(separator: ", ") + " Hz"
        }
    }
}

/// Refuses parameters that have no name, hold control characters, or are worked out from settings.
func checkFreeParameters(
    _ parameters: [QueryParameter], computed: [String: String]
) throws(RequestError) {
    for parameter in parameters {
        let isControl = { (scalar: Unicode.Scalar) in scalar.value < 0x20 || scalar.value == 0x7F }
        guard !parameter.name.isEmpty, !parameter.name.unicodeScalars.contains(where: isControl),
            !parameter.value.unicodeScalars.contains(where: isControl)
        else { throw .malformedParameter(name: parameter.name) }
        if let setting = computed[parameter.name.lowercased()] {
            throw .computedParameter(name: parameter.name, setting: setting)
        }
    }
}
