import ArgumentParser
import FoundationEssentials
import LocalSpeech
import Logging

/// Where the service listens and whom it serves.
struct NetworkArguments: ParsableArguments {
    @Option(help: "Address to listen on; loopback unless --allow-remote.")
    var host = "127.0.0.1"
    @Option(help: "Port to listen on; 0 picks a free one.")
    var port = 8210
    @Option(help: "Write the port number into this file once the service listens.")
    var portFile: String?
    @Flag(help: "Permit an address that other machines can reach.")
    var allowRemote = false
    @Option(name: .customLong("tls-certificate"), help: "PEM certificate chain: serve wss.")
    var certificate: String?
    @Option(name: .customLong("tls-key"), help: "PEM private key.")
    var key: String?
    @Option(help: "File with one accepted key or token per line; without it any is accepted.")
    var keyFile: String?
    @Option(help: "Open connections per service beyond which 429 is answered.")
    var maxConnections: Int?

    func apply(to options: inout ServiceOptions, _ logger: Logger) throws {
        options.host = host
        options.port = port
        options.allowsRemote = allowRemote
        options.connectionLimit = maxConnections
        switch (certificate, key) {
        case (.some(let certificate), .some(let key)): options.tls = .init(certificate: certificate, key: key)
        case (nil, nil): break
        default: throw ValidationError("--tls-certificate and --tls-key belong together")
        }
        guard let keyFile else {
            logger.warning("no --key-file: ANY key is accepted")
            return
        }
        guard let bytes = try? Data(contentsOf: URL(filePath: keyFile)) else {
            throw ValidationError("cannot read --key-file \(keyFile)")
        }
        options.credentials = Credentials(file: String(decoding: bytes, as: UTF8.self))
    }
}

/// How it hears.
struct ListenArguments: ParsableArguments {
    enum Engine: String, ExpressibleByArgument, CaseIterable { case auto, pocketsphinx, positions, none }

    @Option(name: .customLong("listen-engine"), help: "auto uses pocketsphinx if it is installed.")
    var engine = Engine.auto
    @Option(
        name: .customLong("listen-command"), help: "Any program that prints the text of a file: 'cmd {wav}'.")
    var command: String?
    @Flag(help: "Run the recogniser for interim results too.")
    var interimWords = false
    @Option(help: "Seconds without audio or text before NET-0001.")
    var idleSeconds = 12.0
    @Option(help: "Seconds without any audio before NET-0000, KeepAlive or not.")
    var audioSeconds = 25.0

    func apply(to options: inout ServiceOptions, _ logger: Logger) throws {
        options.interimWords = interimWords
        options.idleLimit = .seconds(idleSeconds)
        options.audioLimit = .seconds(audioSeconds)
        if let command {
            guard let template = try? CommandTemplate(command), template.mentions("wav") else {
                throw ValidationError("--listen-command must name a program and {wav}")
            }
            options.hearing = .command(template)
            return
        }
        switch engine {
        case .positions: options.hearing = .positions
        case .none: options.hearing = .none
        case .auto, .pocketsphinx:
            options.hearing = .installed()
            guard options.hearing == .none else { return }
            logger.warning(
                "no speech recogniser: transcripts stay empty; apt install pocketsphinx pocketsphinx-en-us")
        }
    }
}

/// How it speaks.
struct SpeakArguments: ParsableArguments {
    enum Engine: String, ExpressibleByArgument, CaseIterable { case auto, flite, tone, ramp, none }

    @Option(
        name: .customLong("speak-engine"),
        help: "auto uses flite if it is installed; tone and ramp are for tests.")
    var engine = Engine.auto
    @Option(
        name: .customLong("speak-command"),
        help: "Any program that makes or prints a WAV file: 'cmd {text} {wav}'.")
    var command: String?
    @Flag(help: "Cut audio messages in the middle of samples.")
    var oddChunks = false
    @Option(help: "Bytes per audio message; 0 means 80 ms.")
    var chunkBytes = 0
    @Option(help: "How much faster than real time audio is sent.")
    var speakPace = 8.0
    @Option(help: "Seconds a speak connection may last.")
    var speakSessionSeconds = 3600.0

    func validate() throws {
        guard speakPace > 0, chunkBytes >= 0 else {
            throw ValidationError("--speak-pace must be positive, --chunk-bytes not negative")
        }
    }

    func apply(to options: inout ServiceOptions, _ logger: Logger) throws {
        options.speakLimits.oddChunks = oddChunks
        options.speakLimits.chunkBytes = chunkBytes
        options.speakLimits.session = .seconds(speakSessionSeconds)
        options.speakPace = speakPace
        if let command {
            guard let template = try? CommandTemplate(command), template.mentions("text") else {
                throw ValidationError("--speak-command must name a program and {text}")
            }
            options.speaking = .command(template)
            return
        }
        switch engine {
        case .tone: options.speaking = .tone
        case .ramp: options.speaking = .ramp
        case .none: options.speaking = .none
        case .auto, .flite:
            options.speaking = .installed()
            guard options.speaking == .none else { return }
            logger.warning("no voice: answers are silent; apt install flite")
        }
    }
}
