import Testing

extension EndToEnd {
    /// The way to the service breaks, stays broken for a while and is mended: not a sample is lost, not one
    /// is there twice. docs/OPERATING.md tells how to read what this measures.
    @Suite struct Outages {
        /// Those that take no longer than it takes to catch up with two seconds.
        @Test func aShortOutageOfAnyKindLosesAndRepeatsNothing() throws {
            let outages = Outage.all(seconds: [2], encodings: [.linear16])
            expectNothingLost(try OutageCrew.results(of: outages, width: outages.count))
        }

        @Test(
            .enabled(
                if: Programs.environment("EARPOST_OUTAGES") == "1",
                "takes long: Scripts/outages runs it (EARPOST_OUTAGES=1)"))
        func noOutageLosesOrRepeatsAnything() throws {
            let outages = Outage.all(
                try chosen("EARPOST_OUTAGES_FAULTS", Outage.Fault.allCases, Outage.Fault.init),
                seconds: try chosen("EARPOST_OUTAGES_SECONDS", Outage.allSeconds, { Int($0) }),
                encodings: try chosen(
                    "EARPOST_OUTAGES_ENCODINGS", Outage.Encoding.allCases, Outage.Encoding.init))
            let width = try chosen("EARPOST_OUTAGES_AT_ONCE", [10], { Int($0) })
            let results = try OutageCrew.results(of: outages, width: width.first ?? 1)
            if let path = Programs.environment("EARPOST_OUTAGES_REPORT") {
                try write(try OutageResult.report(results), to: path)
            }
            #expect(results.count == outages.count)
            expectNothingLost(results)
        }

        private func expectNothingLost(_ results: [OutageResult]) {
            for result in results {
                #expect(result.outcome != .failed, "\(result.name): \(result.reasons)")
            }
            #expect(results.contains { $0.outcome == .passed })
        }

        /// The words of a variable, separated by commas; `all` where it is not set.
        private func chosen<Value>(
            _ variable: String, _ all: [Value], _ value: (String) -> Value?
        ) throws -> [Value] {
            guard let text = Programs.environment(variable), !text.isEmpty else { return all }
            return try text.split(separator: ",").map {
                guard let value = value(String($0)) else { throw Failure("\(variable): there is no \($0)") }
                return value
            }
        }
    }
}
