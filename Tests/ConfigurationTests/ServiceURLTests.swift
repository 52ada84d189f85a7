import Testing

@testable import Configuration

@Suite struct ServiceURLTests {
    @Test(arguments: [
        ("wss://api.deepgram.com/v1/listen", true, "api.deepgram.com", 443, "/v1/listen"),
        ("WS://LocalHost", false, "localhost", 80, "/"),
        ("ws://[::1]:8080/a%20b", false, "::1", 8080, "/a%20b"),
        ("wss://a_b-c.de:65535/", true, "a_b-c.de", 65_535, "/"),
    ])
    func anAddressIsTakenApart(text: String, secure: Bool, host: String, port: Int, path: String) throws {
        let url = try ServiceURL(text)
        #expect(url == ServiceURL(isSecure: secure, host: host, port: port, path: path))
        #expect(try ServiceURL(url.description) == url)
    }

    @Test(arguments: [
        ("https://a", ServiceURL.Fault.scheme), ("", .scheme), ("wss:/a", .scheme), ("wss://", .host),
        ("wss://:80", .host), ("wss:///v1", .host), ("wss://a b", .host), ("wss://[::1", .host),
        ("wss://[a]", .host),
        ("wss://ä.de", .host), ("wss://a:", .port), ("wss://a:0", .port), ("wss://a:65536", .port),
        ("wss://a:+1x", .port), ("wss://[::1]x", .port), ("wss://u@a", .userInformation),
        ("wss://a/?b=c", .parameters),
        ("wss://a#b", .parameters), ("wss://a/b c", .path), ("wss://a/ü", .path),
    ])
    func whatIsNoAddressIsRefusedForItsReason(text: String, fault: ServiceURL.Fault) {
        #expect(throws: fault) { try ServiceURL(text) }
    }

    @Test func onlyThisMachineIsLoopback() throws {
        for host in ["localhost", "127.0.0.1", "127.255.1.2", "[::1]"] {
            #expect(try ServiceURL("ws://\(host)/").isLoopback)
        }
        for host in [
            "localhost.example", "127.0.0.1.example", "128.0.0.1", "[::2]", "127.0.0.256", "0.0.0.0",
        ] {
            #expect(try !ServiceURL("ws://\(host)/").isLoopback)
        }
    }
}
