/// What one client may leave unread, and what it loses beyond.
///
/// Responses always go out; they are bounded by taking no further request (`isFull`). Events are lost while
/// the output is full, until half of it was read: then the client is told how many.
struct OutputBudget: Equatable {
    /// What to do with an event.
    enum OnEvent: Equatable {
        case send
        case lose
    }

    /// Bytes the client may leave unread.
    let limit: Int
    private(set) var unread = 0
    private(set) var lost = 0

    init(limit: Int) { self.limit = limit }

    var isFull: Bool { unread > limit }

    /// A response or a note of loss is written.
    mutating func wrote(_ bytes: Int) { unread += bytes }

    /// An event of so many bytes wants to go out; `.send` counts it as written.
    mutating func offered(_ bytes: Int) -> OnEvent {
        guard lost == 0, unread + bytes <= limit else {
            lost += 1
            return .lose
        }
        unread += bytes
        return .send
    }

    /// The kernel took so many bytes. Returns how many events were lost, once, when there is room again to
    /// say so.
    mutating func flushed(_ bytes: Int) -> Int? {
        unread -= bytes
        guard lost > 0, unread <= limit / 2 else { return nil }
        defer { lost = 0 }
        return lost
    }
}
