import SpeechProtocol
import Testing

@Suite struct CredentialTests {
    private let key = "0123456789abcdef0123456789abcdef01234567"

    @Test func headerIsSchemeCommaSpaceKey() throws {
        let token = try Credential(scheme: .token, contents: key)
        #expect(token.subprotocolHeader?.withValue { $0 } == "token, \(key)")
        let bearer = try Credential(scheme: .bearer, contents: "ey.J0-_eXA.sig")
        #expect(bearer.subprotocolHeader?.withValue { $0 } == "bearer, ey.J0-_eXA.sig")
        #expect(Credential.none.subprotocolHeader == nil)
    }

    @Test(arguments: ["KEY\n", "KEY\r\n", " KEY \t\n\n", "\u{FEFF}KEY\n"])
    func whiteSpaceOfTheFileIsDropped(contents: String) throws {
        let credential = try Credential(scheme: .token, contents: contents)
        #expect(credential.subprotocolHeader?.withValue { $0 } == "token, KEY")
    }

    @Test func whatCannotTravelInAHeaderIsRefused() {
        #expect(throws: Credential.Failure.empty) { try Credential(scheme: .token, contents: " \n") }
        #expect(throws: Credential.Failure.illegalCharacter(offset: 5)) {
            try Credential(scheme: .token, contents: "Token abc")
        }
        #expect(throws: Credential.Failure.illegalCharacter(offset: 1)) {
            try Credential(scheme: .token, contents: "a\r\nInjected: header")
        }
        #expect(throws: Credential.Failure.illegalCharacter(offset: 0)) {
            try Credential(scheme: .token, contents: "\"quoted\"")
        }
        #expect(throws: Credential.Failure.illegalCharacter(offset: 3)) {
            try Credential(scheme: .token, contents: "keyé")
        }
        #expect(throws: Credential.Failure.tooLong) {
            try Credential(scheme: .token, contents: String(repeating: "a", count: 5_000))
        }
    }

    @Test func noPrintShowsTheKey() throws {
        let credential = try Credential(scheme: .token, contents: key)
        var dumped = ""
        dump(credential, to: &dumped)
        dump(Secret(key), to: &dumped)
        let texts = [
            dumped, "\(credential)", String(reflecting: credential), "\(Secret(key))",
            String(reflecting: Secret(key)), String(describing: [Secret(key)]),
            String(reflecting: credential.subprotocolHeader),
        ]
        for text in texts { #expect(!text.contains(key)) }
    }

    @Test func onlyWhatWasOfferedMayBeSelected() throws {
        let token = try Credential(scheme: .token, contents: key)
        #expect(token.accepts(subprotocol: "token"))
        #expect(token.accepts(subprotocol: nil))
        #expect(!token.accepts(subprotocol: "bearer"))
        #expect(!token.accepts(subprotocol: "graphql-ws"))
        #expect(!token.accepts(subprotocol: key))
        #expect(Credential.none.accepts(subprotocol: nil))
        #expect(!Credential.none.accepts(subprotocol: "token"))
    }
}
