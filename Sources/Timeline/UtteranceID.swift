/// Names one text to be spoken, from `say` to the last sample.
package struct UtteranceID: Hashable, Comparable, Sendable {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package static func < (left: UtteranceID, right: UtteranceID) -> Bool { left.value < right.value }
}
