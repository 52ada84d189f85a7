import Glibc

/// Trigonometry in cycles rather than radians.
enum Cosine {
    /// cos(2π · cycles).
    static func value(_ cycles: Double) -> Double { cos(2 * Double.pi * cycles) }
}
