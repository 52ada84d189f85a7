/// Takes values from the file and from variables, key by key, and notes what is wrong instead of stopping.
struct SchemaWalk {
    private(set) var value = AgentConfiguration()
    private(set) var origins: [String: Origin] = [:]
    private(set) var errors: [ConfigurationError] = []
    /// Keys whose value was refused: nothing is concluded from the default that stands in for it.
    private(set) var refused: Set<String> = []

    /// The file's name, for messages.
    let source: String

    init(source: String) { self.source = source }

    // MARK: the file

    mutating func take(_ document: TOMLDocument) {
        take(document.root, under: [], lines: document.lines)
    }

    private mutating func take(_ entries: [TOMLNode.Entry], under table: [String], lines: TOMLLines) {
        for entry in entries {
            let path = table + [entry.name]
            let key = path.joined(separator: ".")
            let line = lines[path]
            if Schema.tables.contains(key), let setting = Schema.byKey[key + ".*"] {
                guard case .table(let inner) = entry.value else {
                    refuseTable(key, entry.value, at: line)
                    continue
                }
                for each in inner {
                    let line = lines[path + [each.name]]
                    take(
                        each.value, for: setting, named: "\(key).\(each.name)", at: file(line),
                        .file(line: line))
                }
            } else if Schema.tables.contains(key) {
                guard case .table(let inner) = entry.value else {
                    refuseTable(key, entry.value, at: line)
                    continue
                }
                take(inner, under: path, lines: lines)
            } else if let setting = Schema.byKey[key], !key.hasSuffix("*") {
                take(entry.value, for: setting, named: key, at: file(line), .file(line: line))
            } else {
                refuseUnknown(key, at: line)
            }
        }
    }

    private func file(_ line: Int?) -> ConfigurationError.Place { .file(source, line: line, column: nil) }

    private mutating func refuseTable(_ key: String, _ node: TOMLNode, at line: Int?) {
        refuse(
            file(line), key, .wrongType, "found \(node.kind), allowed is a table",
            "Write [\(key)] on a line of its own, and the keys below it.")
    }

    private mutating func refuseUnknown(_ key: String, at line: Int?) {
        if let remedy = Schema.refusals[key] {
            return refuse(file(line), key, .secret, "a key has no place here", remedy)
        }
        let known = Schema.settings.map(\.key).filter { !$0.hasSuffix("*") } + Schema.tables.sorted()
        let shown = key.escaped(limit: 80)
        let near = NearestName.of(key, among: known)
        refuse(
            file(line), shown, .unknownKey, "there is no such key",
            near.map { "Did you mean \($0)?" }
                ?? "Take it out, or see which keys there are: earpost config show.")
    }

    // MARK: variables

    /// Takes every variable that begins with `EARPOST_`; of the others nothing is looked at.
    mutating func take(_ environment: [(String, String)]) {
        for (variable, text) in environment where variable.hasPrefix("EARPOST_") {
            if let setting = Schema.settings.first(where: { $0.openTable == nil && $0.variable == variable })
            {
                take(text, for: setting, named: setting.key, by: variable)
            } else if let setting = Schema.settings.first(where: {
                $0.openTable != nil && variable.hasPrefix($0.variable)
            }),
                let table = setting.openTable
            {
                let name = variable.dropFirst(setting.variable.count).lowercased()
                take(text, for: setting, named: "\(table).\(name)", by: variable)
            } else if !OtherVariables.contains(variable) {
                refuseUnknown(variable: variable)
            }
        }
    }

    private mutating func take(_ text: String, for setting: Setting, named key: String, by variable: String) {
        let place = ConfigurationError.Place.environment(variable)
        // A variable has no type. It is whatever its key takes, and a string before anything else.
        var misfit = Misfit.type
        let readings = OtherVariables.readings(of: text)
        for node in readings {
            do {
                try setting.take(node, key, &value)
                origins[key] = .environment(variable)
                return
            } catch {
                if misfit == .type { misfit = error }
            }
        }
        refuse(.string(text), misfit, setting, key, place)
    }

    private mutating func refuseUnknown(variable: String) {
        let place = ConfigurationError.Place.environment(variable.escaped(limit: 80))
        if let key = Schema.refusals.keys.first(where: { Setting.variable(of: $0) == variable }) {
            return refuse(place, key, .secret, "a key has no place here", Schema.refusals[key] ?? "")
        }
        let known = Schema.settings.filter { $0.openTable == nil }.map(\.variable)
        refuse(
            place, "", .unknownKey, "there is no such variable",
            NearestName.of(variable, among: known).map { "Did you mean \($0)?" }
                ?? "Unset it: names that begin with EARPOST_ override keys of the configuration.")
    }

    // MARK: one value

    private mutating func take(
        _ node: TOMLNode, for setting: Setting, named key: String, at place: ConfigurationError.Place,
        _ origin: Origin
    ) {
        do {
            try setting.take(node, key, &value)
            origins[key] = origin
        } catch {
            refuse(node, error, setting, key, place)
        }
    }

    private mutating func refuse(
        _ node: TOMLNode, _ misfit: Misfit, _ setting: Setting, _ key: String,
        _ place: ConfigurationError.Place
    ) {
        let found = key.hasPrefix("auth.") ? node.kind : node.shown
        let key = key.escaped(limit: 80)
        switch misfit {
        case .type:
            let what = found == node.kind ? found : "\(found) (\(node.kind))"
            refuse(
                place, key, .wrongType, "found \(what), allowed: \(setting.allowed)",
                "Write a value of type \(setting.type).")
        case .range:
            refuse(
                place, key, .notAllowed, "found \(found), allowed: \(setting.allowed)",
                "Write a value that is allowed, or take the key out for the default"
                    + (setting.standard.isEmpty ? "." : ", \(setting.standard)."))
        case .unfit(let remedy):
            refuse(place, key, .notAllowed, "found \(found), allowed: \(setting.allowed)", remedy)
        case .secret(let remedy):
            refuse(place, key, .secret, "this has no place here", remedy)
        }
    }

    private mutating func refuse(
        _ place: ConfigurationError.Place, _ key: String, _ fault: ConfigurationError.Fault,
        _ problem: String,
        _ remedy: String
    ) {
        refused.insert(key)
        errors.append(
            ConfigurationError(place: place, key: key, fault: fault, problem: problem, remedy: remedy))
    }

    // MARK: relations

    /// Notes a contradiction between `keys` unless it `holds`, at the first of them that somebody set.
    mutating func demand(_ keys: [String], _ holds: Bool, _ problem: String, _ remedy: String) {
        if holds || keys.contains(where: refused.contains) { return }
        let blamed = keys.first { origins[$0] != nil } ?? keys[0]
        let place: ConfigurationError.Place =
            switch origins[blamed] {
            case .environment(let variable): .environment(variable)
            case .file(let line): file(line)
            case .standard, nil: file(nil)
            }
        errors.append(
            ConfigurationError(
                place: place, key: blamed, fault: .contradiction, problem: problem, remedy: remedy))
    }
}
