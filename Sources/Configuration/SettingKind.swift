/// What a key may hold: how it is read from the file, said in words, and shown again.
struct SettingKind<Value: Sendable & Equatable>: Sendable {
    /// The type's name in the table of keys.
    let type: String
    /// Which values are allowed, with their unit.
    let allowed: String
    /// A value of TOML that belongs to this kind, as what the program uses.
    let read: @Sendable (TOMLNode) throws(Misfit) -> Value
    /// The value again, as it would be written in the file.
    let show: @Sendable (Value) -> String
}

/// Why a value cannot be what its key wants.
enum Misfit: Error, Equatable {
    /// Another type of TOML value.
    case type
    /// The right type, but not one of the allowed values.
    case range
    /// The same, where more can be said: what to write instead.
    case unfit(remedy: String)
    /// A value that must not be repeated in a message; what to do instead.
    case secret(remedy: String)
}

extension SettingKind where Value == Bool {
    static var boolean: Self {
        Self(type: "boolean", allowed: "true or false") { node throws(Misfit) in
            guard case .boolean(let flag) = node else { throw .type }
            return flag
        } show: {
            "\($0)"
        }
    }
}

extension SettingKind where Value == Int {
    /// A whole number in `range`.
    static func integer(_ range: ClosedRange<Int>, _ unit: String = "") -> Self {
        Self(type: "integer", allowed: words(range, unit)) { node throws(Misfit) in
            guard case .integer(let number) = node else { throw .type }
            guard let value = Int(exactly: number), range.contains(value) else { throw .range }
            return value
        } show: {
            "\($0)"
        }
    }

    /// A number of bytes in `range`, plain or with a unit: `4194304`, `"4MiB"`, `"500 kB"`.
    static func bytes(_ range: ClosedRange<Int>) -> Self {
        let allowed = "\(ByteSize.text(range.lowerBound)) to \(ByteSize.text(range.upperBound))"
        return Self(type: "size", allowed: allowed) { node throws(Misfit) in
            let count: Int
            switch node {
            case .integer(let number): count = Int(clamping: number)
            case .string(let text):
                guard let read = ByteSize.read(text) else {
                    throw .unfit(remedy: "Write a number of bytes, or one with a unit such as \"4MiB\".")
                }
                count = read
            default: throw .type
            }
            guard range.contains(count) else { throw .range }
            return count
        } show: {
            "\"\(ByteSize.text($0))\""
        }
    }
}

extension SettingKind where Value == Double {
    /// A level in `range`; a whole number will do.
    static func decibels(_ range: ClosedRange<Int>) -> Self {
        Self(type: "number", allowed: words(range, "dB")) { node throws(Misfit) in
            let value: Double
            switch node {
            case .integer(let number): value = Double(number)
            case .float(let number): value = number
            default: throw .type
            }
            // Neither a NaN nor an infinity is in any range.
            guard value >= Double(range.lowerBound), value <= Double(range.upperBound) else { throw .range }
            return value
        } show: {
            "\($0)"
        }
    }
}

extension SettingKind where Value == Duration {
    /// A whole number of milliseconds in `range`.
    static func milliseconds(_ range: ClosedRange<Int>) -> Self {
        Self(type: "integer", allowed: words(range, "ms")) { node throws(Misfit) in
            .milliseconds(try SettingKind<Int>.integer(range).read(node))
        } show: {
            "\($0.wholeMilliseconds)"
        }
    }

    /// A stretch of time in `range` of seconds, plain or with a unit: `30`, `"30 s"`, `"72h"`.
    static func span(_ range: ClosedRange<Int>) -> Self {
        let allowed = "\(TimeSpan.text(range.lowerBound)) to \(TimeSpan.text(range.upperBound))"
        return Self(type: "time", allowed: allowed) { node throws(Misfit) in
            let seconds: Int
            switch node {
            case .integer(let number): seconds = Int(clamping: number)
            case .string(let text):
                guard let read = TimeSpan.read(text) else {
                    throw .unfit(
                        remedy: "Write a number of seconds, or one with a unit such as \"30 s\" or \"72 h\".")
                }
                seconds = read
            default: throw .type
            }
            guard range.contains(seconds) else { throw .range }
            return .seconds(seconds)
        } show: {
            "\"\(TimeSpan.text(Int($0.components.seconds)))\""
        }
    }
}

extension SettingKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One word of the cases of `Value`.
    static var word: Self {
        Self(type: "word", allowed: words(Value.allCases.map(\.rawValue))) { node throws(Misfit) in
            guard case .string(let text) = node else { throw .type }
            guard let value = Value(rawValue: text) else { throw .range }
            return value
        } show: {
            "\"\($0.rawValue)\""
        }
    }
}

extension SettingKind where Value == String {
    /// Any text of one line that is not empty.
    static func text(_ allowed: String) -> Self {
        Self(type: "string", allowed: allowed) { node throws(Misfit) in
            guard case .string(let text) = node else { throw .type }
            guard !text.isEmpty, !text.hasControlCharacter else { throw .range }
            return text
        } show: {
            "\"\($0.escaped())\""
        }
    }
}

extension SettingKind {
    /// The same, or the empty string for none.
    static func optional<Wrapped>(_ kind: SettingKind<Wrapped>) -> Self where Value == Wrapped? {
        Self(type: kind.type, allowed: kind.allowed + ", or \"\" for none") { node throws(Misfit) in
            node == .string("") ? nil : try kind.read(node)
        } show: {
            $0.map(kind.show) ?? "\"\""
        }
    }

    /// The same, or the word `auto`.
    static func negotiable<Fixed>(_ kind: SettingKind<Fixed>) -> Self where Value == Negotiable<Fixed> {
        let type = kind.type == "word" ? "word" : kind.type + " or word"
        return Self(type: type, allowed: "\"auto\", or \(kind.allowed)") { node throws(Misfit) in
            if node == .string("auto") { return .automatic }
            do throws(Misfit) {
                return .fixed(try kind.read(node))
            } catch .type {
                // A string is a type this key takes; this one is only the wrong word.
                if case .string = node { throw .range }
                throw .type
            }
        } show: { value in
            switch value {
            case .automatic: "\"auto\""
            case .fixed(let fixed): kind.show(fixed)
            }
        }
    }

    /// The numbers from one bound to the other, as a phrase.
    static func words(_ range: ClosedRange<Int>, _ unit: String) -> String {
        "\(range.lowerBound) to \(range.upperBound)" + (unit.isEmpty ? "" : " \(unit)")
    }

    /// The words of a list, as a phrase.
    static func words(_ list: [String]) -> String {
        let quoted = list.map { "\"\($0)\"" }
        return quoted.dropLast().joined(separator: ", ") + " or " + (quoted.last ?? "")
    }
}

extension Duration {
    /// Rounded down.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
