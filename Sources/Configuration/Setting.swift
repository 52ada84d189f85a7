/// One row of the schema: a key, what it may hold, where its value goes, and what it does.
struct Setting: Sendable {
    /// The path in the file, dotted. `listen.query.*` stands for any name under `listen.query`.
    let key: String
    let type: String
    let allowed: String
    /// One line: what the key does.
    let summary: String
    /// Takes the value of `name`, which is the key itself or one of those the `*` stands for.
    let take: @Sendable (_ node: TOMLNode, _ name: String, inout AgentConfiguration) throws(Misfit) -> Void
    /// Key and value, as they would stand in a file; of a `*`, each that is set.
    let show: @Sendable (AgentConfiguration) -> [(key: String, value: String)]

    init<Value>(
        _ key: String, _ path: any WritableKeyPath<AgentConfiguration, Value> & Sendable,
        _ kind: SettingKind<Value>, _ summary: String
    ) {
        self.key = key
        type = kind.type
        allowed = kind.allowed
        self.summary = summary
        take = { node, _, configuration throws(Misfit) in
            configuration[keyPath: path] = try kind.read(node)
        }
        show = { [(key, kind.show($0[keyPath: path]))] }
    }

    /// Any name under `table`, except those of `refusals`, each with what to do instead.
    init(
        anyUnder table: String,
        _ path: any WritableKeyPath<AgentConfiguration, [ParameterSetting]> & Sendable,
        refusals: [String: String], _ summary: String
    ) {
        let kind = SettingKind.parameter
        key = table + ".*"
        type = kind.type
        allowed = kind.allowed
        self.summary = summary
        take = { node, name, configuration throws(Misfit) in
            let short = String(name.dropFirst(table.count + 1))
            if let remedy = refusals[short] { throw .secret(remedy: remedy) }
            guard !short.isEmpty, short.utf8.allSatisfy(ParameterSetting.allowsInName) else {
                throw .unfit(remedy: "Name the parameter with letters, digits, - and _ only.")
            }
            let values = try kind.read(node)
            configuration[keyPath: path].removeAll { $0.name == short }
            configuration[keyPath: path].append(ParameterSetting(name: short, values: values))
            configuration[keyPath: path].sort { $0.name < $1.name }
        }
        show = { configuration in
            configuration[keyPath: path].map { ("\(table).\($0.name)", kind.show($0.values)) }
        }
    }

    /// The table whose names are free, for a key that ends in `*`.
    var openTable: String? { key.hasSuffix(".*") ? String(key.dropLast(2)) : nil }

    /// The variable that overrides the key: `EARPOST_`, and the path in upper case with `_` for each dot.
    var variable: String { Self.variable(of: openTable.map { $0 + "." } ?? key) }

    static func variable(of key: String) -> String {
        "EARPOST_" + key.uppercased().replacing(".", with: "_")
    }

    /// The default as it would stand in a file; empty for a `*`, which has none.
    var standard: String { show(AgentConfiguration()).first?.value ?? "" }
}

extension ParameterSetting {
    static func allowsInName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
