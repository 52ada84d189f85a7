/// Finds the name somebody meant.
enum NearestName {
    /// The name of `known` that `name` is most likely a slip of, or nil when none is near.
    ///
    /// Near is, in this order: up to two letters wrong; right but for the table it stands in; a third of the
    /// letters after the last dot wrong.
    static func of(_ name: String, among known: [String]) -> String? {
        let wanted = Array(name.lowercased().utf8)
        let ranked = known.map { (name: $0, distance: distance(wanted, Array($0.lowercased().utf8))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        if best.distance <= 2 { return best.name }
        guard let last = name.split(separator: ".").last else { return nil }
        if let same = known.first(where: { $0.hasSuffix(".\(last)") }) { return same }
        return best.distance <= last.count / 3 ? best.name : nil
    }

    /// How many letters must be put in, left out, replaced, or swapped with their neighbour.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var older: [Int] = []
        var old = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var new = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(old[column + 1] + 1, new[column] + 1, old[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, older[column - 1] + 1)
                }
                new.append(cost)
            }
            (older, old) = (old, new)
        }
        return old[right.count]
    }
}
