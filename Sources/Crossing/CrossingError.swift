/// The system refused what a crossing is made of. Remedy: free memory or descriptors, or lower the ring's
/// size.
package struct CrossingError: Error, Equatable {
    /// The system call that failed.
    package let operation: StaticString
    /// The errno it gave.
    package let code: Int32

    package static func == (left: CrossingError, right: CrossingError) -> Bool {
        left.code == right.code && left.operation.description == right.operation.description
    }
}
