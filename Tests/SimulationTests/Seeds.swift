import Glibc

/// Which seeds a simulation runs with. `EARPOST_SIMULATIONS=n` runs n of each instead of the one of an
/// ordinary test run; `EARPOST_SIMULATION_SEED=s` replays one.
enum Seeds {
    static func of(_ simulation: UInt64, ordinarily count: Int = 1) -> [UInt64] {
        if let seed = variable("EARPOST_SIMULATION_SEED").flatMap({ UInt64($0) }) { return [seed] }
        let wanted = variable("EARPOST_SIMULATIONS").flatMap { Int($0) } ?? count
        return (0..<max(1, wanted)).map { simulation * 100_000 + UInt64($0) }
    }

    static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
