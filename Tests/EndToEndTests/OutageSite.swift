import Glibc
import System

/// The service's side of an outage: breaks the way to it, and mends it again.
final class OutageSite {
    /// What the daemon's configuration needs to find the service.
    let settings: [String: String]

    private let station: Station
    private let fault: Outage.Fault
    private let options: [String]
    /// The first, and the one that took its place.
    private var services: [SpeechService]
    private var silence: SilentListener?

    private static let name = "speech.test"

    /// Takes the calling thread to where the fault can happen, and starts the service there.
    init(_ station: Station, _ fault: Outage.Fault) throws {
        self.station = station
        self.fault = fault
        do {
            // What is one's own cannot be taken: the ports, above all.
            try Namespaces.enterNetwork(station)
        } catch let refused as Namespaces.Refused {
            if fault == .halfOpen || fault == .noName { throw refused }
        }
        if fault == .noName {
            try Self.writeHosts(station, knowsService: true)
            try write("nameserver 127.0.0.1\n", to: station.path("resolv.conf"))
            try Namespaces.enterFiles(
                station,
                replacing: [
                    ("/etc/hosts", station.path("hosts")), ("/etc/resolv.conf", station.path("resolv.conf")),
                ])
        }
        var options = ["--listen-engine", "positions"]
        if fault == .stalledTLS { options += try Certificates(station).options }
        let service = try SpeechService(station, options)
        self.options = options
        services = [service]
        var settings = service.settings
        switch fault {
        case .stalledTLS:
            settings["listen.url"] = "\"wss://localhost:\(service.port)/v1/listen\""
            settings["listen.ca_file"] = "\"\(Certificates.authority(station))\""
        case .noName:
            settings["listen.url"] = "\"ws://\(Self.name):\(service.port)/v1/listen\""
            settings["listen.insecure"] = "true"
        default: break
        }
        self.settings = settings
    }

    /// Begins the outage.
    func strike() throws {
        let service = try service
        switch fault {
        case .refused: try service.stop()
        case .reset: try fail(#""refuse""#, #""reset""#)
        case .frozen: service.child.signal(SIGSTOP)
        case .halfOpen: try Namespaces.setSilence(true, station)
        case .silence:
            let closure = """
                "close", "code": 1011, "reason": "Deepgram did not receive audio data or a text message \
                within the timeout window. See https://dpgr.am/net0001"
                """
            try fail(closure, closure)
        case .policy:
            try fail(
                #""refuse""#, #""close", "code": 1008, "reason": "DATA-0000: cannot be decoded as audio""#)
        case .throttled: try fail(#""429", "retry_after": 2"#, #""drop""#)
        case .unavailable: try fail(#""503""#, #""drop""#)
        case .stalledTLS:
            try service.stop()
            silence = try SilentListener(port: service.port)
        case .noName:
            try Self.writeHosts(station, knowsService: false)
            try service.control(#"{"now": "reset", "service": "listen"}"#)
        }
    }

    /// Ends the outage: the service is there again when this returns.
    func relent() throws {
        switch fault {
        case .refused, .stalledTLS:
            silence = nil
            services.append(
                try SpeechService(station, options, port: service.port, name: "service-again"))
        case .frozen: try service.child.signal(SIGCONT)
        case .halfOpen: try Namespaces.setSilence(false, station)
        case .reset, .silence, .policy, .throttled, .unavailable:
            try service.control(#"{"clear": true}"#)
        case .noName: try Self.writeHosts(station, knowsService: true)
        }
    }

    /// Ends the service; returns what it heard, connection by connection.
    func finish() throws -> [[Int16]] {
        try service.stop()
        return try services.flatMap { try $0.recordings("listen") }
    }

    private var service: SpeechService {
        get throws {
            guard let service = services.last else { throw Failure("there is no service") }
            return service
        }
    }

    /// What new connections get, and then what the running one gets.
    private func fail(_ next: String, _ now: String) throws {
        try service.control(#"{"service": "listen", "count": 1000, "next": \#(next)}"#)
        try service.control(#"{"service": "listen", "now": \#(now)}"#)
    }

    private static func writeHosts(_ station: Station, knowsService: Bool) throws {
        try write(
            "127.0.0.1 localhost\n" + (knowsService ? "127.0.0.1 \(name)\n" : ""), to: station.path("hosts"))
    }
}
