/// One thing that is wrong with a configuration: where, what was found, what is allowed, and how to mend it.
///
/// None of its texts ever holds a key: values of `auth.*`, of unknown keys and variables, and addresses that
/// carry a password or parameters are not repeated.
package struct ConfigurationError: Error, Equatable, Sendable {
    /// Where a value came from, or should have.
    package enum Place: Equatable, Sendable {
        /// A file, and a line counted from 1 where one is to blame.
        case file(String, line: Int?, column: Int?)
        /// An environment variable.
        case environment(String)
    }

    /// What kind of thing is wrong, for programs.
    package enum Fault: String, Equatable, Sendable {
        /// The file is not there or cannot be read.
        case unreadable
        /// The text is not TOML.
        case syntax
        case unknownKey
        case wrongType
        case notAllowed
        /// Two values that are allowed by themselves do not go together.
        case contradiction
        /// A secret where none may be.
        case secret
    }

    package let place: Place
    /// The dotted path; empty where the whole file is meant.
    package let key: String
    package let fault: Fault
    /// What is wrong, without a full stop.
    package let problem: String
    /// What to do about it: a sentence.
    package let remedy: String
}

extension ConfigurationError: CustomStringConvertible {
    /// One line, such as `earpost.toml:3: capture.devise: there is no such key. Did you mean capture.device?`
    package var description: String {
        let subject = key.isEmpty ? "" : "\(key): "
        return "\(place): \(subject)\(problem). \(remedy)"
    }
}

extension ConfigurationError.Place: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let path, let line, let column):
            ([path] + [line, column].compactMap { $0.map { "\($0)" } }).joined(separator: ":")
        case .environment(let variable): variable
        }
    }
}

/// Everything that is wrong with a configuration: the file's lines in order, then the variables.
package struct ConfigurationErrors: Error, Equatable, Sendable, CustomStringConvertible {
    /// At least one.
    package let errors: [ConfigurationError]

    init(_ errors: [ConfigurationError]) {
        self.errors = errors.enumerated().sorted { left, right in
            let (first, second) = (left.element.place.rank, right.element.place.rank)
            return first == second ? left.offset < right.offset : first < second
        }.map(\.element)
    }

    /// One error a line.
    package var description: String { errors.map(\.description).joined(separator: "\n") }
}

extension ConfigurationError.Place {
    /// Where it comes in a report.
    fileprivate var rank: Int {
        switch self {
        case .file(_, let line, _): line ?? 0
        case .environment: .max
        }
    }
}
