import NIOEmbedded

extension EmbeddedEventLoop {
    /// Tasks that wait for their time. The loop does not tell, so its insides are looked at.
    var scheduledTaskCount: Int {
        guard let queue = Mirror(reflecting: self).children.first(where: { $0.label == "scheduledTasks" })
        else {
            preconditionFailure("the embedded loop keeps its tasks under another name now")
        }
        return Self.count(queue.value, depth: 4)
    }

    private static func count(_ value: Any, depth: Int) -> Int {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .collection { return mirror.children.count }
        guard depth > 0 else { return 0 }
        return mirror.children.map { count($0.value, depth: depth - 1) }.max() ?? 0
    }
}
