import Audio
import Configuration
import Glibc
import NIOCore
import SpeechLink
import SpeechProtocol
import System
import Timeline

/// Why the daemon cannot start, or cannot use what it was given: one sentence with the remedy.
package struct AgentError: Error, Equatable, CustomStringConvertible {
    package let description: String
    /// What the process ends with, of sysexits.h.
    package let exitStatus: Int32

    package init(_ description: String, exitStatus: Int32 = 78) {
        self.description = description
        self.exitStatus = exitStatus
    }
}

/// Reads the key where the configuration says it is. Nothing here ever prints it.
enum KeyReader {
    /// The credential, or why there is none.
    static func credential(
        _ authentication: AgentConfiguration.Authentication, credentialsDirectory: String?
    ) throws(AgentError) -> Credential {
        guard authentication.scheme != .none else { return .none }
        let sources = authentication.keySources(credentialsDirectory: credentialsDirectory)
        for source in sources {
            let contents: [UInt8]
            do throws(SystemError) {
                contents = try Files.read(source.path, limit: 65_536)
            } catch {
                if error.code == ENOENT { continue }
                throw AgentError(
                    "\(error): the key cannot be read; let the user who runs earpostd read it", exitStatus: 77
                )
            }
            if source.mustBePrivate { try assertPrivate(source.path) }
            return try credential(authentication.scheme, contents, path: source.path)
        }
        let places = sources.isEmpty ? "" : " (looked for \(sources.map(\.path).joined(separator: ", ")))"
        throw AgentError(
            "there is no key\(places): put it into a file that only its owner can read and name that in "
                + "auth.key_file, or give it as the credential \(KeySource.credentialName); "
                + "a service without keys wants auth.scheme = \"none\"")
    }

    private static func credential(
        _ scheme: AuthenticationScheme, _ contents: [UInt8], path: String
    ) throws(AgentError) -> Credential {
        let wanted: Credential.Scheme = scheme == .bearer ? .bearer : .token
        do throws(Credential.Failure) {
            return try Credential(scheme: wanted, contents: String(decoding: contents, as: UTF8.self))
        } catch {
            switch error {
            case .empty: throw AgentError("\(path): the file is empty; write the key into it")
            case .tooLong:
                throw AgentError(
                    "\(path): this is longer than any key; name the file that holds the key alone")
            case .illegalCharacter(let offset):
                throw AgentError(
                    "\(path): byte \(offset) cannot be part of a key; "
                        + "the file holds the key alone, without quotes or a scheme")
            }
        }
    }

    private static func assertPrivate(_ path: String) throws(AgentError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return }
        guard status.st_mode & 0o077 == 0 else {
            throw AgentError(
                "\(path): others than its owner can read the key; run `chmod 600 \(path)`", exitStatus: 77)
        }
    }
}

extension AgentConfiguration {
    /// The request for the audio that is captured now.
    func listenRequest() throws(AgentError) -> ListenRequest {
        try listenRequest(encoding: listen.encoding, rate: listen.rate, channels: listen.channels)
    }

    /// The request for audio of this shape.
    func listenRequest(
        encoding: AudioEncoding, rate: SampleRate, channels: Int
    ) throws(AgentError) -> ListenRequest {
        var query = parameters(of: listen.service)
        let given = Set(query.map(\.name))
        if let language = listen.language, !given.contains("language") {
            query.append(QueryParameter("language", language))
        }
        if listen.wantsInterimResults, !given.contains("interim_results") {
            query.append(QueryParameter("interim_results", true))
        }
        do {
            return try ListenRequest(
                url: listen.service.url, model: listen.model,
                encoding: encoding, rate: rate, channels: channels, isMultichannel: channels > 1,
                query: query)
        } catch {
            throw AgentError("listen: \(error.sentence)")
        }
    }

    func speakRequest() throws(AgentError) -> SpeakRequest {
        do {
            return try SpeakRequest(
                url: speak.service.url, model: speak.model,
                rate: speak.rate,
                query: parameters(of: speak.service))
        } catch {
            throw AgentError("speak: \(error.sentence)")
        }
    }

    /// What both links need; the authorities are read once if they are the same.
    func linkSettings(
        _ credential: Credential, loop: any EventLoop, clock: @escaping () -> ClockSample
    ) throws(AgentError) -> (listen: LinkSettings, speak: LinkSettings) {
        do {
            let listening = try TransportSecurity(authoritiesFile: listen.service.certificates?.text)
            let speaking =
                speak.service.certificates == listen.service.certificates
                ? listening : try TransportSecurity(authoritiesFile: speak.service.certificates?.text)
            var listenSettings = LinkSettings(
                credential: credential, security: listening, handshakeTime: listen.service.connectTimeout,
                loop: loop, clock: clock)
            listenSettings.catchUpPercent = listen.catchUpPercent
            return (
                listenSettings,
                LinkSettings(
                    credential: credential, security: speaking, handshakeTime: speak.service.connectTimeout,
                    loop: loop, clock: clock)
            )
        } catch {
            throw AgentError(error.sentence)
        }
    }

    private func parameters(of service: Service) -> [QueryParameter] {
        service.query.flatMap { parameter in
            parameter.values.map { QueryParameter(parameter.name, $0) }
        }
    }
}
