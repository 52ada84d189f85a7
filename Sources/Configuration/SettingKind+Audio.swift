import Audio

extension SettingKind where Value == SampleRate {
    /// Any rate in `range`.
    static func rate(_ range: ClosedRange<Int>) -> Self {
        Self(type: "integer", allowed: words(range, "Hz")) { node throws(Misfit) in
            SampleRate(hertz: try SettingKind<Int>.integer(range).read(node))
        } show: {
            "\($0.hertz)"
        }
    }

    /// One of `rates`, in hertz.
    static func rate(oneOf rates: [Int]) -> Self {
        let allowed = rates.dropLast().map(String.init).joined(separator: ", ") + " or \(rates.last ?? 0) Hz"
        return Self(type: "integer", allowed: allowed) { node throws(Misfit) in
            guard case .integer(let number) = node else { throw .type }
            guard let rate = rates.first(where: { $0 == number }) else { throw .range }
            return SampleRate(hertz: rate)
        } show: {
            "\($0.hertz)"
        }
    }
}

extension SettingKind where Value == Negotiable<SampleRate> {
    /// Any rate a sound device may have; 0 is another way to say `auto`.
    static var deviceRate: Self {
        let kind = Self.negotiable(.rate(SampleRate.supported))
        return Self(type: kind.type, allowed: kind.allowed) { node throws(Misfit) in
            node == .integer(0) ? .automatic : try kind.read(node)
        } show: {
            kind.show($0)
        }
    }
}

extension SettingKind where Value == SampleFormat {
    private static var names: [(format: SampleFormat, name: String)] {
        SampleFormat.allCases.map { format in
            switch format {
            case .s16: (format, "s16")
            case .s24packed: (format, "s24_3")
            case .s24: (format, "s24")
            case .s32: (format, "s32")
            case .float32: (format, "float")
            }
        }
    }

    /// How a sample lies in memory, by ALSA's names in lower case.
    static var sampleFormat: Self {
        Self(type: "word", allowed: words(names.map(\.name))) { node throws(Misfit) in
            guard case .string(let text) = node else { throw .type }
            guard let known = names.first(where: { $0.name == text }) else { throw .range }
            return known.format
        } show: { format in
            "\"" + (names.first { $0.format == format }?.name ?? "") + "\""
        }
    }
}

extension SettingKind where Value == ChannelSelection {
    static var channelSelection: Self {
        let last = PCMFormat.supportedChannels.upperBound - 1
        let allowed = "\"mix\", \"all\", or a channel from 0 to \(last)"
        return Self(type: "word or integer", allowed: allowed) { node throws(Misfit) in
            switch node {
            case .string("mix"): return .mix
            case .string("all"): return .all
            case .string: throw .range
            case .integer(let number):
                guard let channel = Int(exactly: number), (0...last).contains(channel) else { throw .range }
                return .one(channel)
            default: throw .type
            }
        } show: { value in
            switch value {
            case .mix: "\"mix\""
            case .all: "\"all\""
            case .one(let channel): "\(channel)"
            }
        }
    }
}

extension SettingKind where Value == PlaybackDevice {
    static var playbackDevice: Self {
        let name = SettingKind<String>.text("a PCM name of ALSA, or \"none\"")
        return Self(type: name.type, allowed: name.allowed) { node throws(Misfit) in
            node == .string("none") ? .none : .named(try name.read(node))
        } show: { device in
            switch device {
            case .none: "\"none\""
            case .named(let device): name.show(device)
            }
        }
    }
}
