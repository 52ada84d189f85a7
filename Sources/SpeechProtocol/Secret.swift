/// A text nobody may see: it prints, dumps and reflects as `‹secret›`.
///
/// The only way to the text is `withValue`, so that each use is one place to look at.
package struct Secret: Hashable, Sendable {
    private let value: String

    package init(_ value: String) { self.value = value }

    package var isEmpty: Bool { value.isEmpty }

    /// Lends the text to `body`. What `body` returns should not be logged.
    package func withValue<Result, Failure: Error>(
        _ body: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(value)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹secret›" }
    package var debugDescription: String { "‹secret›" }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
