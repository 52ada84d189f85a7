/// The faults that wait for connections to come. Pure.
package struct FaultPlan: Equatable, Sendable {
    /// A fault on its way to a connection.
    package struct Assignment: Equatable, Sendable {
        package var fault: Fault
        package var schedule: FaultSchedule
    }

    private struct Entry: Equatable, Sendable {
        var assignment: Assignment
        var service: FaultCommand.Service
        var count: Int
    }

    private var entries: [Entry] = []

    package init() {}

    /// How many connections will still be treated.
    package var pending: Int { entries.map(\.count).reduce(0, +) }

    package mutating func add(
        _ fault: Fault, _ schedule: FaultSchedule, service: FaultCommand.Service, count: Int
    ) {
        let assignment = Assignment(fault: fault, schedule: schedule)
        entries.append(Entry(assignment: assignment, service: service, count: count))
    }

    package mutating func clear() { entries.removeAll() }

    /// The oldest fault meant for a connection of this service, counted down.
    package mutating func take(for service: FaultCommand.Service) -> Assignment? {
        guard let index = entries.firstIndex(where: { $0.service == .any || $0.service == service }) else {
            return nil
        }
        entries[index].count -= 1
        let assignment = entries[index].assignment
        if entries[index].count == 0 { entries.remove(at: index) }
        return assignment
    }
}
