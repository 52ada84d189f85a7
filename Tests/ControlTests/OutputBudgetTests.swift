import Testing

@testable import Control

@Suite("Output budget")
struct OutputBudgetTests {
    @Test("events are lost while the output is full, and told when half of it was read")
    func loses() {
        var budget = OutputBudget(limit: 100)
        #expect(budget.offered(60) == .send)
        #expect(budget.offered(40) == .send)
        #expect(budget.offered(1) == .lose)
        #expect(budget.flushed(40) == nil)
        #expect(budget.offered(1) == .lose)
        #expect(budget.flushed(60) == 2)
        #expect(budget.unread == 0)
        #expect(budget.offered(1) == .send)
        #expect(budget.flushed(1) == nil)
    }

    @Test("responses always go out and make it full")
    func responses() {
        var budget = OutputBudget(limit: 100)
        budget.wrote(100)
        #expect(!budget.isFull)
        budget.wrote(1)
        #expect(budget.isFull)
        #expect(budget.offered(1) == .lose)
        #expect(budget.flushed(101) == 1)
        #expect(!budget.isFull)
    }
}
