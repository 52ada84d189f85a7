/// The program's version, as `--version`, the status and every session line give it.
package enum Version {
    package static let number = "0.1.0"
    package static let program = "earpost \(number)"
}
