import SpeechProtocol

extension SettingKind where Value == ServiceURL {
    /// An address; one without a path gets `defaultPath`. Whether it may do without TLS is a relation of two
    /// keys.
    static func service(_ defaultPath: String) -> Self {
        Self(type: "string", allowed: "ws:// or wss://, host, port and path") { node throws(Misfit) in
            guard case .string(let text) = node else { throw .type }
            do throws(ServiceURL.Failure) {
                return try ServiceURL(parsing: text, defaultPath: defaultPath, allowsInsecure: true)
            } catch {
                // An address with a password or with parameters may carry a key.
                let isTelling = text.contains { $0 == "@" || $0 == "?" }
                throw isTelling ? .secret(remedy: error.remedy) : .unfit(remedy: error.remedy)
            }
        } show: {
            "\"\($0.display)\""
        }
    }
}

extension ServiceURL.Failure {
    /// What to write instead, as the end of a sentence.
    fileprivate var remedy: String {
        switch self {
        case .scheme: "Begin it with wss:// (or ws:// for a service on this machine)."
        case .userInformation: "Take out what stands before the @; the key comes from auth.key_file."
        case .query: "Take out what begins with ? or #; parameters go into the query table beside the url."
        case .host: "Name a host after the //; an IPv6 address stands in brackets."
        case .port: "Write a port from 1 to 65535 after the host, or none."
        case .path: "Write the path in visible ASCII, other characters percent-encoded."
        case .insecure: "Use wss://, or set insecure = true beside the url."
        }
    }
}

extension SettingKind where Value == AbsolutePath {
    /// A path of at most `limit` bytes.
    static func path(limit: Int = 4_095) -> Self {
        let bound = limit < 4_095 ? " of at most \(limit) bytes" : ""
        return Self(type: "path", allowed: "an absolute path\(bound)") { node throws(Misfit) in
            guard case .string(let text) = node else { throw .type }
            guard text.utf8.count <= limit, let path = AbsolutePath(text) else { throw .range }
            return path
        } show: {
            "\"\($0.text.escaped())\""
        }
    }

    /// A path a Unix socket can be bound to: what `sun_path` holds, less its NUL (unix(7)).
    static var socket: Self { path(limit: 107) }
}

extension SettingKind where Value == FileMode {
    static var mode: Self {
        let remedy = "Write octal digits, as in \"0660\" or 0o660."
        let allowed = "0o600 to 0o666, none of it executable"
        return Self(type: "mode", allowed: allowed) { node throws(Misfit) in
            let bits: Int64?
            switch node {
            case .integer(let number): bits = number
            case .string(let text):
                bits = Int64(text.hasPrefix("0o") ? text.dropFirst(2) : text[...], radix: 8)
            default: throw .type
            }
            guard let mode = bits.flatMap(FileMode.init(bits:)) else { throw .unfit(remedy: remedy) }
            return mode
        } show: {
            "\"\($0)\""
        }
    }
}

extension SettingKind where Value == [String] {
    /// What one parameter of an address may be: a value or an array of them.
    static var parameter: Self {
        let allowed = "a string, a number, a boolean, or an array of them"
        return Self(type: "string, number, boolean or array", allowed: allowed) { node throws(Misfit) in
            switch node {
            case .array(let nodes):
                if nodes.isEmpty { throw .unfit(remedy: "Leave the parameter out, or give it a value.") }
                var values: [String] = []
                for node in nodes { values.append(try single(node)) }
                return values
            default: return [try single(node)]
            }
        } show: { values in
            let quoted = values.map { "\"\($0.escaped())\"" }
            return values.count == 1 ? quoted.joined() : "[" + quoted.joined(separator: ", ") + "]"
        }
    }

    /// A value as it stands in the address, not yet percent-encoded; booleans are lower case there.
    private static func single(_ node: TOMLNode) throws(Misfit) -> String {
        switch node {
        case .string(let text):
            if text.hasControlCharacter { throw .range }
            return text
        case .integer(let number): return "\(number)"
        case .float(let number):
            if !number.isFinite { throw .range }
            return "\(number)"
        case .boolean(let flag): return "\(flag)"
        case .array, .table, .date: throw .type
        }
    }
}

/// Sizes as people write them.
enum ByteSize {
    private static let units: [(name: String, bytes: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("KB", 1_000), ("B", 1), ("", 1),
    ]

    /// The number of bytes `text` means, or nil where it means none.
    static func read(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let name = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int(digits), let unit = units.first(where: { $0.name == name }) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// `bytes` in the largest binary unit that divides it.
    static func text(_ bytes: Int) -> String {
        let unit = units.first { $0.name.hasSuffix("iB") && bytes != 0 && bytes % $0.bytes == 0 }
        return unit.map { "\(bytes / $0.bytes)\($0.name)" } ?? "\(bytes)B"
    }
}

/// Stretches of time as people write them.
enum TimeSpan {
    private static let units: [(name: String, seconds: Int)] = [
        ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1), ("", 1),
    ]

    /// The number of seconds `text` means, or nil where it means none.
    static func read(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let name = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int(digits), let unit = units.first(where: { $0.name == name }) else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit.seconds)
        return overflow ? nil : seconds
    }

    /// `seconds` in the largest unit that divides them.
    static func text(_ seconds: Int) -> String {
        let unit = units.first { !$0.name.isEmpty && seconds != 0 && seconds % $0.seconds == 0 }
        return unit.map { "\(seconds / $0.seconds)\($0.name)" } ?? "\(seconds)s"
    }
}
