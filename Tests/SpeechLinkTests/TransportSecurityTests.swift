import Foundation
import NIOCore
import NIOSSL
import SpeechLink
import SpeechProtocol
import Testing
import Timeline

/// An authority and two certificates by it, made for one run.
private struct TestAuthority {
    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "earpost-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj",
            "/CN=Earpost test authority", "-keyout", path("ca.key"), "-out", path("ca.pem"))
        for (name, subject) in [
            ("here", "DNS:localhost,IP:127.0.0.1"), ("elsewhere", "DNS:elsewhere.example"),
        ] {
            try Data("subjectAltName=\(subject)\n".utf8).write(
                to: directory.appendingPathComponent("\(name).ext"))
            try openssl(
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=\(name)",
                "-keyout", path("\(name).key"), "-out", path("\(name).csr"))
            try openssl(
                "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
                "-CAcreateserial", "-days", "2", "-extfile", path("\(name).ext"), "-out", path("\(name).pem"))
        }
    }

    func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    func remove() throws { try FileManager.default.removeItem(at: directory) }

    /// What a server with the certificate `name` needs.
    func server(_ name: String) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(path("\(name).pem")).map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(file: path("\(name).key"), format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
    }

    private func openssl(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "openssl \(arguments)")
    }
}

@Suite(.timeLimit(.minutes(1)), .serialized) struct TransportSecurityTests {
    private func listen(
        certificate: String, host: String = "localhost", trusted: Bool, wall: WallTime? = nil,
        _ body: (Listener) async throws -> Void
    ) async throws {
        let authority = try TestAuthority()
        let script = ScriptedServer.Script(received: { frame, peer in
            if frame.opcode == Frame.Opcode.binary { peer.text(results(0, 0.1, "in private")) }
        })
        let server = try await ScriptedServer(on: group, tls: authority.server(certificate), script: script)
        let listener = try await Listener(
            url: "wss://\(host):\(server.port)", authorities: trusted ? authority.path("ca.pem") : nil,
            wall: wall)
        listener.feed(1, at: 0)
        try await body(listener)
        try await server.stop()
        try authority.remove()
    }

    @Test(arguments: ["localhost", "127.0.0.1"]) func aPrivateAuthorityCanBeTrusted(host: String) async throws
    {
        try await listen(certificate: "here", host: host, trusted: true) { listener in
            let text = try await listener.events.next {
                if case .result(let result, _) = $0 { result.text } else { nil }
            }
            #expect(text == "in private")
        }
    }

    @Test func anUnknownAuthorityIsNotTrusted() async throws {
        let wall = WallTime(nanoseconds: 1_795_353_600 * 1_000_000_000)
        try await listen(certificate: "here", trusted: false, wall: wall) { listener in
            let error = try await listener.nextError()
            #expect(error == .certificateNotTrusted(host: "localhost", today: "2026-11-22"))
        }
    }

    @Test func anotherHostsCertificateIsNotTaken() async throws {
        try await listen(certificate: "elsewhere", trusted: true) { listener in
            let error = try await listener.nextError()
            #expect(error == .certificateForAnotherHost(host: "localhost"))
        }
    }

    @Test func aClockThatWasNeverSetIsNamed() async throws {
        try await listen(certificate: "here", trusted: false, wall: WallTime(nanoseconds: 0)) { listener in
            let error = try await listener.nextError()
            #expect(error == .clockBehind(host: "localhost", today: "1970-01-01"))
        }
    }

    @Test func plainTextWhereTLSIsExpectedIsNamed() async throws {
        let server = try await ScriptedServer(on: group, script: ScriptedServer.Script())
        let listener = try await Listener(url: "wss://localhost:\(server.port)")
        listener.feed(1, at: 0)
        // The server waits for a request that never comes; the hello is no request.
        let error = try await listener.nextError()
        #expect(error == .handshakeTimedOut(host: "localhost"))
        try await server.stop()
    }

    @Test func aFileThatHoldsNoCertificateIsNamed() {
        #expect(throws: LinkError.authoritiesUnreadable(path: "/nonexistent.pem")) {
            try TransportSecurity(authoritiesFile: "/nonexistent.pem")
        }
    }
}
