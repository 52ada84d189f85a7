/// Everything that can be set about a local speech service.
package struct ServiceOptions: Sendable {
    /// PEM files for `wss`.
    package struct TLSFiles: Equatable, Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// A loopback address, unless `allowsRemote`.
    package var host = "127.0.0.1"
    /// 0 lets the system choose.
    package var port = 0
    package var allowsRemote = false
    package var tls: TLSFiles?
    package var credentials = Credentials.any
    /// How many connections of each service may be open; more are answered with 429. `nil`: any number.
    package var connectionLimit: Int?

    package var hearing = HearingEngine.none
    /// Whether interim results run the recogniser too, which costs as much as a final each second.
    package var interimWords = false
    /// Time without audio or text that ends a listen connection with NET-0001: documented 10 s, measured 12
    /// s.
    package var idleLimit: Duration = .seconds(12)
    /// Time without any audio at all that ends a listen connection with NET-0000 although text arrives.
    package var audioLimit: Duration = .seconds(25)

    package var speaking = SpeakingEngine.none
    package var speakLimits = SpeakSessionModel.Limits()
    /// How much faster than real time answers are sent.
    package var speakPace = 8.0

    /// Where to write what arrives: a WAV file and a message log per connection.
    package var recordDirectory: String?
    /// The longest one run of an engine may take.
    package var engineLimit: Duration = .seconds(60)

    package init() {}

    /// Why the service could not start.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// The host is not a loopback address and `allowsRemote` is not set.
        case remoteHost(String)
        /// The certificate or key could not be used.
        case tls(String)
        /// The temporary or recording directory could not be made.
        case directory(String)

        package var description: String {
            switch self {
            case .remoteHost(let host):
                "\(host) can be reached by other machines; say --allow-remote if that is meant"
            case .tls(let detail): "the TLS certificate or key cannot be used: \(detail)"
            case .directory(let detail): "no place to work in: \(detail)"
            }
        }
    }

    /// Whether `host` names this machine alone.
    package static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
