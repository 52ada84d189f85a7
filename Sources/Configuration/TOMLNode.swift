/// What a key was given, in the file or by a variable, before anybody asked what it should be.
indirect enum TOMLNode: Sendable, Equatable {
    case string(String)
    case integer(Int64)
    case float(Double)
    case boolean(Bool)
    /// A date, a time, or both: no key takes one.
    case date
    case array([TOMLNode])
    /// In the order of names.
    case table([Entry])

    /// One key of a table.
    struct Entry: Sendable, Equatable {
        let name: String
        let value: TOMLNode
    }

    /// The kind of thing it is, with its article.
    var kind: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .float: "a number with a fraction"
        case .boolean: "a boolean"
        case .date: "a date"
        case .array: "an array"
        case .table: "a table"
        }
    }

    /// The value as a message may repeat it: one line, at most 60 characters.
    var shown: String {
        switch self {
        case .string(let text): "\"\(text.escaped(limit: 60))\""
        case .integer(let number): "\(number)"
        case .float(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        case .date, .array, .table: kind
        }
    }
}

extension String {
    /// Without anything that would leave the line or the terminal's good graces, cut to `limit` characters.
    func escaped(limit: Int = .max) -> String {
        var shown = ""
        for (index, scalar) in unicodeScalars.enumerated() {
            if index == limit { return shown + "…" }
            switch scalar {
            case "\"": shown += "\\\""
            case "\\": shown += "\\\\"
            case "\n": shown += "\\n"
            case "\t": shown += "\\t"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                shown += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
