import Testing

@testable import Configuration

/// Whatever somebody does with a key, no message repeats it.
@Suite struct SecretTests {
    /// Looks like a key and is none.
    static let key = "1f0e6b5d4c3a29188776655443322110ffeeddcc"

    @Test(arguments: [
        "auth.key = \"\(key)\"", "[auth]\nkey = \"\(key)\"", "auth.key = \(key)",
        "auth.key_file = \"\(key)\"",
        "auth.scheme = \"token \(key)\"", "auth.token = \"\(key)\"", "listen.query.token = \"\(key)\"",
        "listen.query.api_key = [\"\(key)\"]", "listen.url = \"wss://x:\(key)@api.deepgram.com\"",
        "listen.url = \"https://\(key)@api.deepgram.com\"",
        "speak.url = \"wss://api.deepgram.com/?token=\(key)\"",
        "listen.url = \"wss://a/?token=\(key)#\"",
        "auth.key = 12345678901234567890123456789012345678901234567890",
        "auth.key_file = [\"\(key)\"]", "api = '\(key)", "auth.key = '\(key)' '\(key)'", "auth.\(key).a = \"",
        "auth.key = 0x\(key)",
    ])
    func aKeyInTheFileIsRefusedAndNotRepeated(text: String) {
        let found = complaints(text)
        #expect(!found.isEmpty)
        for line in found {
            #expect(!line.contains(Self.key.prefix(8)) && !line.contains("1234567890"), "\(line)")
        }
    }

    @Test(arguments: [
        "EARPOST_AUTH_KEY", "EARPOST_KEY", "EARPOST_AUTH_KEY_FILE", "EARPOST_AUTH_SCHEME", "EARPOST_TOKEN",
        "EARPOST_LISTEN_QUERY_TOKEN",
    ])
    func aKeyInAVariableIsRefusedAndNotRepeated(variable: String) {
        let found = complaints("", [(variable, Self.key)])
        #expect(found.count == 1)
        #expect(!found.joined().contains(Self.key.prefix(8)), "\(found)")
    }

    @Test func aKeyInTheFileIsToldWhereItBelongs() {
        let found = errors("auth.key = \"\(Self.key)\"")
        #expect(found.map(\.fault) == [.secret])
        #expect(found.first?.remedy.contains("auth.key_file") == true)
    }
}
