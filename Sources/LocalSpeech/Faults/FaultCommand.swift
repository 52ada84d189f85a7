import FoundationEssentials

/// What `POST /control` asks for.
package struct FaultCommand: Equatable, Sendable {
    /// Which connections.
    package enum Service: String, Equatable, Sendable, CaseIterable {
        case any, listen, speak
    }

    /// What the service is asked to do to its clients.
    package enum Request: Equatable, Sendable {
        /// The next `count` connections get this fault.
        case next(Fault, FaultSchedule, count: Int)
        /// The connections that are open now get it.
        case now(Fault, FaultSchedule)
        /// Close the listening socket for so many seconds: connections are really refused.
        case down(seconds: Double)
        /// Forget faults to come and end those that last.
        case clear
    }

    package var request: Request
    package var service: Service

    package init(_ request: Request, service: Service = .any) {
        self.request = request
        self.service = service
    }

    /// Why a command was not understood: a sentence.
    package struct Failure: Error, Equatable {
        package var message: String
    }

    private struct Wire: Decodable {
        var next: String?
        var now: String?
        var down: Double?
        var clear: Bool?
        var count: Int?
        var service: String?
        var seconds: Double?
        var after: Double?
        var after_audio: Double?
        var code: Int?
        var reason: String?
        var kind: String?
        var retry_after: Int?
        var subprotocol: String?
    }

    package init(json: [UInt8]) throws(Failure) {
        let wire: Wire
        do {
            wire = try JSONDecoder().decode(Wire.self, from: Data(json))
        } catch {
            throw Failure(message: "not a JSON object of the expected form")
        }
        service = .any
        if let name = wire.service {
            guard let known = Service(rawValue: name) else {
                throw Failure(message: "unknown service '\(name)'")
            }
            service = known
        }
        // For `slow` and `delay` the seconds are those of the fault itself.
        let isSpan = ["slow", "delay"].contains(wire.next ?? wire.now)
        let schedule = FaultSchedule(
            afterSeconds: wire.after ?? 0, afterAudioSeconds: wire.after_audio ?? 0,
            lastingSeconds: isSpan ? nil : wire.seconds)
        if wire.clear == true {
            request = .clear
        } else if let seconds = wire.down {
            guard seconds > 0, seconds <= 3600 else {
                throw Failure(message: "down must be 0 … 3600 seconds")
            }
            request = .down(seconds: seconds)
        } else if let name = wire.next {
            let count = wire.count ?? 1
            guard (1...1000).contains(count) else { throw Failure(message: "count must be 1 … 1000") }
            request = .next(try Self.fault(name, wire), schedule, count: count)
        } else if let name = wire.now {
            let fault = try Self.fault(name, wire)
            guard !fault.concernsHandshake else {
                throw Failure(message: "'\(name)' is for the next connection only")
            }
            request = .now(fault, schedule)
        } else {
            throw Failure(message: "one of next, now, down, clear is needed")
        }
    }

    private static func fault(_ name: String, _ wire: Wire) throws(Failure) -> Fault {
        if let status = Int(name) {
            guard (400...599).contains(status) else { throw Failure(message: "status must be 400 … 599") }
            return .status(status, retryAfterSeconds: wire.retry_after)
        }
        switch name {
        case "refuse": return .refuse
        case "hang": return .hang
        case "delay": return .delay(seconds: wire.seconds ?? 1)
        case "wrong-subprotocol": return .subprotocol(wire.subprotocol ?? "chat")
        case "no-subprotocol": return .subprotocol(nil)
        case "reset": return .reset
        case "freeze": return .freeze
        case "half-open": return .halfOpen
        case "half-close": return .halfClose
        case "drop": return .drop
        case "close": return .close(try closure(wire))
        case "silent": return .silent
        case "slow": return .slow(seconds: wire.seconds ?? 1)
        case "no-pong": return .noPong
        case "garbage":
            guard let kind = Fault.Garbage(rawValue: wire.kind ?? "type") else {
                let known = Fault.Garbage.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(message: "kind is one of \(known)")
            }
            return .garbage(kind)
        default: throw Failure(message: "unknown fault '\(name)'")
        }
    }

    private static func closure(_ wire: Wire) throws(Failure) -> StreamClosure {
        let code = wire.code ?? 1011
        guard (1000...4999).contains(code) else { throw Failure(message: "code must be 1000 … 4999") }
        let reason = wire.reason ?? (code == 1011 ? StreamClosure.serverSilent.reason : "")
        guard reason.utf8.count <= 123 else { throw Failure(message: "reason must not exceed 123 bytes") }
        return StreamClosure(code: code, reason: reason)
    }
}
