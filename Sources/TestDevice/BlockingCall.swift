import Glibc
import Synchronization

/// Waits until `condition` holds; false: it has not in a long time.
package func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<20_000 {
        if condition() { return true }
        usleep(1_000)
    }
    return condition()
}

/// A thread of its own for a call that blocks; Swift's pool has too few to spare one.
package final class BlockingCall<Value: Sendable>: Sendable {
    private let result = Mutex<Value?>(nil)

    /// What the call returned; nil while it has not.
    package var value: Value? { result.withLock { $0 } }

    /// Starts `body` on its thread.
    package init(_ body: @escaping @Sendable () -> Value) {
        let box = Box { [self] in
            let value = body()
            result.withLock { $0 = value }
        }
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(box)
        let created = unsafe pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer = unsafe pointer else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
                return nil
            }, unsafe argument.toOpaque())
        if created == 0 {
            pthread_detach(thread)
        } else {
            unsafe argument.release()
        }
    }

    /// Waits for the call to return, doing `step` meanwhile; nil: it has not in a long time.
    package func finish(doing step: () -> Void = {}) -> Value? {
        _ = eventually {
            step()
            return value != nil
        }
        return value
    }
}

private final class Box: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}
