import Testing

@Suite struct CombRules {
    @Test func theManifestDeclaresTheComb() {
        let declared = Dictionary(
            uniqueKeysWithValues: Repository.manifest.shipped.map { ($0.name, $0.uses) })
        #expect(
            Set(declared.keys) == Set(Comb.mayImport.keys),
            "Comb.mayImport and Package.swift name other targets")
        for (name, uses) in declared.sorted(by: { $0.key < $1.key }) {
            let allowed = Comb.mayImport[name] ?? []
            #expect(uses == allowed, "Package.swift: \(name) uses others than Comb.mayImport says")
        }
    }

    @Test func noFileImportsWhatItsModuleMayNot() {
        let own = Set(Comb.mayImport.keys)
        let importing = /\bimport\s+(?:(?:struct|enum|class|func|var|let|protocol)\s+)?(\w+)/
        let found = Repository.shipped.flatMap { file in
            file.code(mentioning: ["import"]).flatMap { line in
                file.code[line].matches(of: importing)
                    .map { String($0.output.1) }
                    .filter { own.contains($0) && Comb.mayImport[file.target]?.contains($0) != true }
                    .map {
                        Violation(
                            path: file.path, line: line + 1,
                            remedy: "\(file.target) may not import \($0); let Agent join them")
                    }
            }
        }
        report(found)
    }

    @Test func noStageKnowsAnother() {
        for stage in Comb.stages {
            #expect(Comb.mayImport[stage]?.isDisjoint(with: Comb.stages) == true, "\(stage) imports a stage")
        }
    }

    @Test func importsGoDown() {
        var below = Comb.mayImport
        // Take away whoever imports nothing that is left; what remains at the end imports itself in a circle.
        while let ground = below.first(where: { $0.value.isDisjoint(with: below.keys) })?.key {
            below[ground] = nil
        }
        #expect(below.keys.sorted() == [])
    }

    @Test func everyFolderIsATarget() {
        let declared = Set(Repository.manifest.targets.map(\.name))
        let folders = Set(Repository.files.filter(\.isCode).map(\.target)).subtracting([""])
        #expect(folders.subtracting(declared).sorted() == [])
        #expect(declared.subtracting(folders).sorted() == [])
    }

    @Test func noTypeBearsItsModulesName() {
        // A type inside another begins further right, and is not in the way.
        let type = /^(?:[@\w()]+\s+)*(?:struct|class|enum|actor|protocol)\s+(\w+)/
        let found = Repository.shipped.flatMap { file in
            file.code(mentioning: [file.target]).filter { line in
                file.code[line].prefixMatch(of: type).map { $0.output.1 == file.target } ?? false
            }.map {
                Violation(path: file.path, line: $0 + 1, remedy: "name the type otherwise than its module")
            }
        }
        report(found)
    }
}
