/// Variables that begin with `EARPOST_` and belong to no key; and what the text of one that does may mean.
enum OtherVariables {
    /// The file to read; switches of the build; what tests and test devices are told.
    static func contains(_ variable: String) -> Bool {
        ["EARPOST_CONFIG", "EARPOST_CORE"].contains(variable) || variable.hasPrefix("EARPOST_TEST_")
            || variable.hasPrefix("EARPOST_DEVICE")
    }

    /// Every value `text` could be, the likeliest first; an array is written as in the file.
    static func readings(of text: String) -> [TOMLNode] {
        var readings: [TOMLNode] = []
        if text.hasPrefix("["), !text.contains("\n"), let document = try? TOMLDocument("it = \(text)"),
            let entry = document.root.first, document.root.count == 1
        {
            readings.append(entry.value)
        }
        readings.append(.string(text))
        if let number = Int64(text) { readings.append(.integer(number)) }
        if let number = Double(text) { readings.append(.float(number)) }
        if text == "true" || text == "false" { readings.append(.boolean(text == "true")) }
        return readings
    }
}
