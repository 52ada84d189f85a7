import FoundationEssentials

/// One value as one line of JSON: the only place that turns values into JSON text and back.
///
/// Keys are sorted, so equal values make equal lines.
package enum JSONLine {
    /// Why a value and a line did not go together.
    package enum Failure: Error, Equatable {
        /// The value cannot be written, for instance a number that is not finite. Remedy: a bug of the
        /// writer.
        case unwritable(String)
        /// The line is no JSON. Remedy: one JSON object per line, in UTF-8.
        case malformed(String)
        /// The line is JSON of another shape; says which key. Remedy: see the documented shape.
        case mismatched(String)
    }

    /// `value` as UTF-8, ended by a newline, with no other newline in it.
    package static func encode(_ value: some Encodable) throws(Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            var bytes = [UInt8](try encoder.encode(value))
            bytes.append(UInt8(ascii: "\n"))
            return bytes
        } catch {
            throw .unwritable(Self.reason(of: error))
        }
    }

    /// The value of `line`, with or without its newline.
    package static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from line: some Sequence<UInt8>
    ) throws(Failure) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(line))
        } catch let error as DecodingError {
            throw Self.failure(error)
        } catch {
            throw .malformed("\(error)")
        }
    }

    private static func failure(_ error: DecodingError) -> Failure {
        switch error {
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            .malformed(context.debugDescription)
        case .dataCorrupted(let context):
            .mismatched("\(path(context.codingPath)): \(context.debugDescription)")
        case .keyNotFound(let key, let context):
            .mismatched("\(path(context.codingPath + [key])) is missing")
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            .mismatched("\(path(context.codingPath)) is no \(name(of: type))")
        @unknown default:
            .mismatched("\(error)")
        }
    }

    private static func reason(of error: any Error) -> String {
        guard case .invalidValue(let value, let context)? = error as? EncodingError else { return "\(error)" }
        return "\(path(context.codingPath)): \(value) cannot be written"
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        guard !keys.isEmpty else { return "the line" }
        return keys.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }.joined(separator: ".")
    }

    private static func name(of type: any Any.Type) -> String {
        if type == String.self { return "string" }
        if type == Int.self || type == Int64.self { return "whole number" }
        if type == Double.self { return "number" }
        if type == Bool.self { return "true or false" }
        return "\(type)".hasPrefix("Array") ? "list" : "object"
    }
}
